/**
 * The entries of a file that no pool can use, and that are left out for it: an image that nothing makes and no label
 * needs, and a provider that lacks a label's image. The checks warn of it; `assembleConfig` leaves it out.
 */
import type { ConfigDraft, ImageDraft, ProviderDraft } from "./validate_tree.ts";

/** Whether its diskimage is certainly none of the file's; false also where a name cannot be read. */
export function lacksDiskimage({ diskimage }: ImageDraft, diskimages: ConfigDraft["diskimages"]): boolean {
  return diskimage !== undefined && diskimages !== undefined &&
    diskimages.every(({ name }) => name !== undefined && name !== diskimage);
}

/** Whether a label that is not disabled names the image and the provider. */
export function isNeeded(
  image: ImageDraft,
  { provider, labels }: { provider: ProviderDraft; labels: ConfigDraft["labels"] },
): boolean {
  return (labels ?? []).some((label) =>
    label.image === image.name && (label["min-ready"] ?? 0) >= 0 &&
    (label.providers ?? []).some(({ name }) => name === provider.name)
  );
}

/** Whether none of its images certainly is the label's; false also where a name cannot be read. */
export function lacksImage({ images }: ProviderDraft, image: string | undefined): boolean {
  return image !== undefined && images !== undefined &&
    images.every(({ name }) => name !== undefined && name !== image);
}
