/** An image that servers are booted from, or that waits in case the newer one is bad. */
import { isImageAbsent } from "../../../domain/observation.ts";
import { LISTING_SETTLE } from "../../node_step.ts";
import type { ImageSituation, ImageStep } from "../image_step.ts";
import { planKeypairRemoval } from "./delete.ts";

export function planReady({ image, state, world, seen }: ImageSituation<"ready">): ImageStep {
  if (isImageAbsent(seen.images, state.externalId, image.phaseSince + LISTING_SETTLE)) {
    const comment = `image ${state.externalId} is no longer on the cloud`;
    return { do: "change", event: { type: "delete", by: "cloud", comment } };
  }
  return planKeypairRemoval({ image, world }) ?? { do: "stay" };
}
