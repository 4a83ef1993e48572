/**
 * Which images are to be made now: those that are missing, and those that somebody ordered. At most one is in the
 * making for each diskimage and each image of a provider. Pure.
 */
import { thisProcess } from "../../domain/build_places.ts";
import type { DiskimageConfig } from "../../domain/config.ts";
import { type DibImage, fileOfBuild } from "../../domain/dib_image.ts";
import type { ImageOrder } from "../../domain/image_order.ts";
import { imageStateName, type ProviderImage } from "../../domain/provider_image.ts";
import { isSince, type OrderName } from "../../domain/order_book.ts";
import { orderKey } from "../../domain/pair_key.ts";
import { earliest, type Instant, MINUTE, SECOND } from "../../domain/time.ts";
import { findDiskimage, formatFor, type ImageUse, imageUses } from "../../domain/image_uses.ts";
import type { ImagesInput } from "./plan_images.ts";

export type NewImage =
  & Pick<ImageUse, "provider" | "image">
  & (
    | { readonly type: "upload"; readonly build: DibImage; readonly format: string }
    | { readonly type: "snapshot"; readonly setup: string }
  );

export interface NewImages {
  readonly builds: readonly DiskimageConfig[];
  readonly images: readonly NewImage[];
  /** Orders that age places: builds to repeat, and their uploads. */
  readonly orders: readonly OrderName[];
  /** When a pause ends or a build is old enough; null: no such time. */
  readonly until: Instant | null;
}

interface NewImagesInput extends Pick<ImagesInput, "config" | "now" | "order" | "making" | "places"> {
  readonly dibImages: readonly DibImage[];
  /** By provider and name, as `orderKey` has them. */
  readonly images: ReadonlyMap<string, readonly ProviderImage[]>;
}

/** A daily cron must get there first, whatever second it runs in. */
const AGE_SLACK = 10 * MINUTE;

export function planNewImages(
  { images: all, ...given }: Omit<NewImagesInput, "images"> & { readonly images: readonly ProviderImage[] },
): NewImages {
  const input = { ...given, images: Map.groupBy(all, ({ provider, image }) => orderKey(provider, image)) };
  const uses = imageUses(input.config).filter(({ image }) => !image.pause);
  const times: Instant[] = [];
  const images = uses.flatMap((use) => newImage(use, input, times));
  const builds = input.making.uploads ? newBuilds(uses, input, times) : [];
  const orders = input.making.uploads ? agedOrders(uses, input, times) : [];
  return { builds, images, orders, until: earliest(times) };
}

function newImage(use: ImageUse, input: NewImagesInput, times: Instant[]): NewImage[] {
  const { provider, image } = use;
  const own = ownImages(use, input);
  if (!isWanted(use, input) || own.some((one) => imageStateName(one) === "building")) return [];
  if (isPaused(orderOf(use, input), input.now, times)) return [];
  if (image.diskimage === null) {
    return input.making.snapshots ? [{ type: "snapshot", provider, image, setup: image.setup ?? "" }] : [];
  }
  const build = buildFor(use, input);
  if (build === null || !input.making.uploads) return [];
  return [{ type: "upload", provider, image, build, format: formatFor(provider) }];
}

/** Those that an upload waits for, and those that were ordered. */
function newBuilds(uses: readonly ImageUse[], input: NewImagesInput, times: Instant[]): DiskimageConfig[] {
  const waitedFor = new Set(
    uses.flatMap((use) =>
      isWanted(use, input) && buildFor(use, input) === null ? use.image.diskimage ?? [] : []
    ),
  );
  return input.config.diskimages.filter((diskimage) => {
    const order = input.order(null, diskimage.name);
    if (diskimage.pause || (order?.orderedAt ?? null) === null && !waitedFor.has(diskimage.name)) {
      return false;
    }
    const isUnderWay = input.dibImages.some(({ name, state }) =>
      name === diskimage.name && state.phase === "build"
    );
    return !isUnderWay && !isPaused(order, input.now, times);
  });
}

/** The newest build that can be uploaded there and is new enough; null: no such build. */
function buildFor(use: ImageUse, input: NewImagesInput): DibImage | null {
  const since = orderOf(use, input)?.builtSince ?? null;
  const format = formatFor(use.provider);
  const { places = thisProcess } = input;
  const fitting = input.dibImages.filter(({ name, state, version, builder }) =>
    name === use.image.diskimage && isSince(version, since) && fileOfBuild({ state }, format) !== null &&
    places.stateOf({ builder }) !== "gone"
  );
  return fitting.toSorted((a, b) => b.version - a.version)[0] ?? null;
}

/**
 * Builds whose newest is older than rebuild-age, counted from the newest ever, also if it is deleted since; and the first
 * ones of diskimages that images are to be made of from now on.
 */
function agedOrders(uses: readonly ImageUse[], input: NewImagesInput, times: Instant[]): OrderName[] {
  const names = new Set(uses.filter(({ isUsed }) => isUsed).flatMap(({ image }) => image.diskimage ?? []));
  return [...names].flatMap((name) => {
    const diskimage = findDiskimage(input.config, name);
    const order = input.order(null, name);
    if (diskimage === null || diskimage.pause || (order?.orderedAt ?? null) !== null) return [];
    const newest = order?.doneVersion ?? null;
    if (newest === null) return takesOver(name, uses, input) ? updateOf(name, uses) : [];
    const due = newest * SECOND + diskimage.rebuildAge + AGE_SLACK;
    if (due > input.now) {
      times.push(due);
      return [];
    }
    return updateOf(name, uses);
  });
}

/** Whether an image that is ready was made of something else before the configuration named the diskimage for it. */
function takesOver(diskimage: string, uses: readonly ImageUse[], input: NewImagesInput): boolean {
  return usesOf(diskimage, uses).some((use) =>
    ownImages(use, input).some(({ state, source }) =>
      state.phase === "ready" && (source.type !== "upload" || source.diskimage !== diskimage)
    )
  );
}

/** A new build of a diskimage, and its uploads to where it is used. */
function updateOf(diskimage: string, uses: readonly ImageUse[]): OrderName[] {
  return [
    { provider: null, image: diskimage },
    ...usesOf(diskimage, uses).map(({ provider, image }) => ({ provider: provider.name, image: image.name })),
  ];
}

function usesOf(diskimage: string, uses: readonly ImageUse[]): readonly ImageUse[] {
  return uses.filter(({ image, isUsed }) => isUsed && image.diskimage === diskimage);
}

function ownImages({ provider, image }: ImageUse, { images }: NewImagesInput): readonly ProviderImage[] {
  return images.get(orderKey(provider.name, image.name)) ?? [];
}

function orderOf({ provider, image }: ImageUse, { order }: NewImagesInput): ImageOrder | null {
  return order(provider.name, image.name);
}

function isWanted(use: ImageUse, input: NewImagesInput): boolean {
  if ((orderOf(use, input)?.orderedAt ?? null) !== null) return true;
  return use.isUsed && !ownImages(use, input).some(({ state }) => state.phase === "ready");
}

function isPaused(order: ImageOrder | null, now: Instant, times: Instant[]): boolean {
  const until = order?.until ?? null;
  if (until === null || until <= now) return false;
  times.push(until);
  return true;
}
