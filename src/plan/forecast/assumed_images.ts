/** The images that are made here, with those taken to be ready that are still to be made. `forecastPool` asks. */
import type { Config } from "../../domain/config.ts";
import { currentImages } from "../../domain/current_images.ts";
import { imageUses } from "../../domain/image_uses.ts";
import { type ProviderImage, untouchedSince } from "../../domain/provider_image.ts";

export function withAssumedImages(
  images: ReadonlyMap<number, ProviderImage>,
  config: Config,
): ReadonlyMap<number, ProviderImage> {
  const current = currentImages(images.values());
  const missing = imageUses(config).filter(({ provider, image }) =>
    current(provider.name, image.name) === null
  );
  const made = missing.map(({ provider, image }, index) =>
    assumedImage(-1 - index, provider.name, image.name)
  );
  return new Map([...images, ...made.map((image) => [image.id, image] as const)]);
}

/** Of the record only what servers are booted by means anything. */
function assumedImage(id: number, provider: string, image: string): ProviderImage {
  return {
    revision: 0,
    id,
    provider,
    image,
    version: 0,
    source: { type: "snapshot", setup: "" },
    hostname: image,
    state: { phase: "ready", externalId: image },
    ...untouchedSince(0),
  };
}
