/** An image that servers are booted from, or that waits in case the newer one is bad. */
import type { ImageSituation, ImageStep } from "../image_step.ts";
import { planKeypairRemoval } from "./delete.ts";

export function planImageReady({ image, state, world, seen }: ImageSituation<"ready">): ImageStep {
  if (seen.images?.gone.has(state.externalId)) {
    const comment = `image ${state.externalId} is no longer on the cloud`;
    return { do: "change", event: { type: "delete", by: "cloud", comment } };
  }
  return planKeypairRemoval({ image, world }) ?? { do: "stay" };
}
