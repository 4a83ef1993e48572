/** Which images are made here, for which providers, and which of them are in use. Pure. */
import {
  type Config,
  type DiskimageConfig,
  isMade,
  type ProviderConfig,
  type ProviderImageConfig,
} from "./config.ts";
import type { OrderName } from "./order_book.ts";
import { orderKey } from "./pair_key.ts";

/** An image that is made for a provider. */
export interface ImageUse {
  readonly provider: ProviderConfig;
  readonly image: ProviderImageConfig;
  /** Whether an enabled label that the provider may supply names it: only then it must not be missing. */
  readonly isUsed: boolean;
}

/** Retired providers, and images that are used as they are on the cloud, are not among them. */
export function imageUses({ labels, providers }: Config): readonly ImageUse[] {
  const enabled = labels.filter(({ minReady }) => minReady >= 0);
  return providers.filter(({ maxServers }) => maxServers >= 0).flatMap((provider) =>
    provider.images.filter(isMade).map((image) => ({
      provider,
      image,
      isUsed: enabled.some((label) => label.image === image.name && label.providers.includes(provider.name)),
    }))
  );
}

/** The order of a use, and that of the build that it is uploaded from. */
export function orderNames({ provider, image }: ImageUse): OrderName[] {
  const own = { provider: provider.name, image: image.name };
  return image.diskimage === null ? [own] : [{ provider: null, image: image.diskimage }, own];
}

/** In which format a provider takes images. */
export function formatFor({ imageType }: ProviderConfig): string {
  return imageType ?? "qcow2";
}

export function findDiskimage({ diskimages }: Config, name: string): DiskimageConfig | null {
  return diskimages.find((diskimage) => diskimage.name === name) ?? null;
}

/**
 * The orders of all images in use: what the cron `image-update` places. Paused ones are left out.
 * @param options `builds`: whether diskimages are among them
 */
export function ordersOfAll(config: Config, { builds }: { builds: boolean }): readonly OrderName[] {
  const uses = imageUses(config).filter(({ image, isUsed }) => isUsed && !image.pause);
  const made = uses.filter(({ image: { diskimage } }) =>
    diskimage === null || (builds && findDiskimage(config, diskimage)?.pause === false)
  );
  return distinctOrders(made.flatMap(orderNames));
}

export function distinctOrders(names: readonly OrderName[]): readonly OrderName[] {
  return [...new Map(names.map((name) => [orderKey(name.provider, name.image), name])).values()];
}
