/** Images of the project that the pool does not know. Asks every provider at once; one that does not answer is a warning. */
import type { Cloud } from "../cloud/cloud.ts";
import { externalIdOf, type ProviderImage } from "../domain/provider_image.ts";
import { errorChain } from "../lib/error_chain.ts";

interface AlienImages {
  readonly images: readonly { readonly provider: string; readonly name: string; readonly imageId: string }[];
  readonly warnings: readonly string[];
}

/** @param options `only`: the name of one provider; null: all of them. `known`: the images of the pool */
export async function listAlienImages(
  providers: readonly { readonly name: string; readonly cloud: Cloud }[],
  { only, known, signal }: { only: string | null; known: Iterable<ProviderImage>; signal: AbortSignal },
): Promise<AlienImages> {
  const ours = new Set([...known].flatMap((image) => externalIdOf(image) ?? []));
  const asked = providers.filter(({ name }) => only === null || name === only);
  const listings = await Promise.all(asked.map(async ({ name: provider, cloud }) => {
    try {
      const images = await cloud.listProjectImages({ signal });
      const aliens = images.filter(({ id }) => !ours.has(id));
      return { images: aliens.map(({ id, name }) => ({ provider, name, imageId: id })), warnings: [] };
    } catch (error) {
      signal.throwIfAborted();
      return { images: [], warnings: [`cannot query ${provider}: ${errorChain(error)}`] };
    }
  }));
  return {
    images: listings.flatMap(({ images }) => images),
    warnings: listings.flatMap(({ warnings }) => warnings),
  };
}
