/** An image that waits for its data, or gets it at this moment. */
import type { ImageSituation, ImageStep } from "../image_step.ts";
import { whyBuildIsGone, whyNotNow, whyNotSent } from "./create.ts";

export function planUpload({ image, state, world, seen }: ImageSituation<"upload">): ImageStep {
  if (world.isRunning("upload-image", image.id)) {
    return { do: "wait", reason: "upload", message: "its data is being sent" };
  }
  const gone = whyBuildIsGone({ image, world });
  if (gone !== null) return { do: "change", event: { type: "delete", by: "owner", comment: gone } };
  // An interrupted upload cannot be resumed.
  if (state.startedAt !== null) {
    const comment = "nodepool was stopped while its data was sent";
    return { do: "change", event: { type: "failed", comment, evidence: null } };
  }
  const dibImage = image.source.type === "upload" ? world.dibImages.get(image.source.dibImageId) : undefined;
  if (dibImage === undefined) {
    return { do: "change", event: { type: "delete", by: "owner", comment: "there is nothing to send" } };
  }
  return whyNotSent({ image, world }) ?? whyNotNow({ image, world, seen }) ??
    { do: "act", action: { type: "upload-image", image, externalId: state.externalId, dibImage } };
}
