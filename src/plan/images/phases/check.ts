/** A fresh image that is to prove itself: a server is booted from it, on which the check-script must succeed. */
import type { ImageSituation, ImageStep } from "../image_step.ts";
import { whyNotNow } from "./create.ts";
import { whyServerIsLost } from "./server.ts";

export function planCheck({ image, state, world, use, seen }: ImageSituation<"check">): ImageStep {
  if ((use?.checkScript ?? null) === null) return { do: "change", event: { type: "passed" } };
  const { nodeId } = state;
  if (nodeId === null) return { do: "leave" };
  const node = world.nodes.get(nodeId);
  const lost = whyServerIsLost(node, { nodeId, now: world.now });
  if (lost !== null) return lost;
  if (world.isRunning("run-check", image.id)) {
    return { do: "wait", reason: "check", message: "the check-script is running" };
  }
  if (node?.state.phase === "prepare") {
    return whyNotNow({ image, world, seen }) ?? { do: "act", action: { type: "run-check", image, nodeId } };
  }
  const { message } = node?.waitingOn ?? { message: "it is being launched" };
  return { do: "wait", reason: "server", message: `node ${nodeId}: ${message}` };
}
