/** Which of the images that were made for a provider its servers are booted from: the newest that is ready. Pure. */
import type { ProviderImage } from "../../domain/provider_image.ts";

/** The image on the cloud, by provider and by the image's name; null: none is ready. */
export type CurrentImages = (provider: string, image: string) => string | null;

export function currentImages(images: Iterable<ProviderImage>): CurrentImages {
  const newest = new Map<string, { readonly version: number; readonly externalId: string }>();
  for (const { provider, image, version, state } of images) {
    if (state.phase !== "ready") continue;
    const key = `${provider}\n${image}`;
    const known = newest.get(key);
    if (known === undefined || known.version < version) {
      newest.set(key, { version, externalId: state.externalId });
    }
  }
  return (provider, image) => newest.get(`${provider}\n${image}`)?.externalId ?? null;
}
