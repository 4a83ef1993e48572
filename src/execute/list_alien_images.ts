/** Images of the project that the pool does not know. */
import { externalIdOf, type ProviderImage } from "../domain/provider_image.ts";
import type { Call } from "../lib/call.ts";
import { askEachProvider, type AskedProviders } from "./ask_each_provider.ts";

/** @param options `known`: the images of the pool */
export async function listAlienImages(
  { known, ...asked }: AskedProviders & Call & { known: Iterable<ProviderImage> },
) {
  const ours = new Set([...known].flatMap((image) => externalIdOf(image) ?? []));
  const { found: images, warnings } = await askEachProvider(asked, async (cloud, provider) => {
    const images = await cloud.listProjectImages({ signal: asked.signal });
    return images.filter(({ id }) => !ours.has(id)).map(({ id, name }) => ({ provider, name, imageId: id }));
  });
  return { images, warnings };
}
