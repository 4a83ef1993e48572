/** Which of the images that were made for a provider its servers are booted from: the newest that is ready. Pure. */
import type { ProviderImage } from "./provider_image.ts";

interface CurrentImage {
  readonly id: number;
  readonly version: number;
  /** On the cloud. */
  readonly externalId: string;
}

/** By provider and by the image's name; null: none is ready. */
export type CurrentImages<Known = Pick<CurrentImage, "externalId"> & { readonly version?: number }> = (
  provider: string,
  image: string,
) => Known | null;

export function currentImages(images: Iterable<ProviderImage>): CurrentImages<CurrentImage> {
  const newest = new Map<string, CurrentImage>();
  for (const { id, provider, image, version, state } of images) {
    if (state.phase !== "ready") continue;
    const key = `${provider}\n${image}`;
    const known = newest.get(key);
    if (known === undefined || known.version < version) {
      newest.set(key, { id, version, externalId: state.externalId });
    }
  }
  return (provider, image) => newest.get(`${provider}\n${image}`) ?? null;
}
