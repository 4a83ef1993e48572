/**
 * A whole listing, page after page by marker: all of it or an error, never a part. `servers`, `compute`,
 * `network` and `image` list through it.
 */
import { CloudError } from "../cloud_error.ts";

export interface Page<T> {
  readonly items: readonly T[];
  /** Whether the cloud says that there is a next page. */
  readonly hasNext: boolean;
}

export interface PagingOptions<T> {
  /** Asks for the page after the item with this id, the first for null. */
  fetch(marker: string | null): Promise<Page<T>>;
  /** What a page was asked to hold; a full one means that there may be more, whatever the cloud says. */
  readonly pageSize: number;
  /** Makes the error of a listing that does not end. */
  refuse(message: string): Error;
}

/** A marker whose item was deleted meanwhile is unknown to the cloud: the listing starts anew so many times. */
const MAX_RESTARTS = 2;

/** Items of the same id that two pages repeat are given once, as seen last. */
export async function listAllPages<T extends { readonly id: string }>(
  options: PagingOptions<T>,
): Promise<readonly T[]> {
  for (let restarts = 0;; restarts++) {
    try {
      return await listOnce(options);
    } catch (error) {
      if (!(error instanceof MarkerGoneError)) throw error;
      if (restarts === MAX_RESTARTS) throw error.cause;
    }
  }
}

class MarkerGoneError extends Error {}

async function listOnce<T extends { readonly id: string }>(options: PagingOptions<T>): Promise<readonly T[]> {
  const { pageSize, refuse } = options;
  const seen = new Map<string, T>();
  for (let marker: string | null = null;;) {
    const page: Page<T> = await fetchAfter(marker, options);
    const before = seen.size;
    for (const item of page.items) seen.set(item.id, item);
    const last = page.items.at(-1);
    if (last === undefined || (!page.hasNext && page.items.length < pageSize)) return [...seen.values()];
    if (seen.size === before) {
      throw refuse(`the page after ${marker} brings nothing new; the listing does not end`);
    }
    marker = last.id;
  }
}

async function fetchAfter<T>(marker: string | null, { fetch }: PagingOptions<T>): Promise<Page<T>> {
  try {
    return await fetch(marker);
  } catch (error) {
    if (marker !== null && isMarkerGone(error)) throw new MarkerGoneError("marker", { cause: error });
    throw error;
  }
}

/** Nova answers 400 and Glance 400 or 404; the listing itself was good, since its first page came. */
function isMarkerGone(error: unknown): boolean {
  return error instanceof CloudError && (error.status === 400 || error.status === 404);
}
