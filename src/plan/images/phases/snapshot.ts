/** A server that is prepared: its image is asked for, once. */
import type { ImageSituation, ImageStep } from "../image_step.ts";
import { planLost, whyNotNow } from "./create.ts";
import { whyServerIsLost } from "./server.ts";

/** A cloud that refuses so often will not make it. */
const ATTEMPTS = 5;

export function planSnapshot({ image, state, world, seen }: ImageSituation<"snapshot">): ImageStep {
  const { nodeId } = state;
  if (world.isRunning("create-snapshot", image.id)) {
    return { do: "wait", reason: "answer", message: `asking ${image.provider} for the snapshot` };
  }
  if (state.sentAt !== null) return planLost({ image, state, world, seen }, state.lostAt);
  const lost = whyServerIsLost(world.nodes.get(nodeId), { nodeId, now: world.now });
  if (lost !== null) return lost;
  if (image.attempt >= ATTEMPTS && image.retryAt !== null) {
    const error = `the snapshot was refused ${image.attempt} times: ${image.evidence?.error ?? ""}`;
    const evidence = {
      at: world.now,
      error,
      kind: "snapshot",
      requestId: null,
      fault: null,
      console: null,
    };
    return { do: "change", event: { type: "failed", comment: error, evidence } };
  }
  return whyNotNow({ image, world, seen }) ??
    { do: "act", action: { type: "create-snapshot", image, nodeId } };
}
