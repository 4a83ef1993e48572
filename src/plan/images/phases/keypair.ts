/** A snapshot that needs a keypair of its own to log in to its server with. */
import type { ImageSituation, ImageStep } from "../image_step.ts";
import { whyNotNow } from "./create.ts";

export function planKeypair({ image, world, seen }: ImageSituation<"keypair">): ImageStep {
  if (world.isRunning("create-keypair", image.id)) {
    return { do: "wait", reason: "answer", message: `asking ${image.provider} for a keypair` };
  }
  return whyNotNow({ image, world, seen }) ?? { do: "act", action: { type: "create-keypair", image } };
}
