/**
 * The images of a file by what belongs to them. One that nothing makes and no label needs, and a provider that lacks a
 * label's image, are of no use to a pool: the checks warn of it, and `assembleConfig` leaves it out.
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

/**
 * The same file, with the key `diskimage` where it is implied: from late 2016 on a provider's image was the diskimage of its
 * name, and no key said so. An image without a source is read that way, where there is such a diskimage.
 */
export function withImpliedDiskimages<File extends ConfigDraft>(file: File): File {
  const { providers, diskimages } = file;
  if (providers === undefined || diskimages === undefined) return file;
  const built = new Set(diskimages.map(({ name }) => name));
  const named = (image: ImageDraft): ImageDraft =>
    image.diskimage === undefined && image["base-image"] === undefined && image.setup === undefined &&
      built.has(image.name)
      ? { ...image, diskimage: image.name }
      : image;
  return {
    ...file,
    providers: providers.map((provider) =>
      provider.images === undefined ? provider : { ...provider, images: provider.images.map(named) }
    ),
  };
}
