/**
 * From late 2016 on a provider's image was the diskimage of its name, and no key said so. An image without a source is
 * read that way, where there is such a diskimage. `parseConfig` calls it before all checks.
 */
import type { ConfigDraft, ImageDraft } from "./validate_tree.ts";

/** The same file, with the key `diskimage` where it is implied. */
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
