/** A snapshot whose server is up: the setup script runs on it, again where a former process had begun. */
import type { ImageSituation, ImageStep } from "../image_step.ts";
import { whyNotNow } from "./create.ts";
import { whyServerIsLost } from "./server.ts";

export function planSetup({ image, state, world, seen }: ImageSituation<"setup">): ImageStep {
  const { nodeId } = state;
  const lost = whyServerIsLost(world.nodes.get(nodeId), { nodeId, now: world.now });
  if (lost !== null) return lost;
  if (world.isRunning("run-setup", image.id)) {
    return { do: "wait", reason: "setup", message: "the setup script is running" };
  }
  return whyNotNow({ image, world, seen }) ?? { do: "act", action: { type: "run-setup", image, nodeId } };
}
