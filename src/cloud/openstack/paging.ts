/**
 * A whole listing, page after page by marker: all of it or an error, never a part. Clouds that know no pages, heed no
 * marker or always tell of another page are listed to their end. `servers`, `compute`, `network` and `image` list
 * through it.
 */
import * as v from "valibot";
import { CloudError } from "../../domain/cloud_error.ts";
import type { Call } from "../../lib/call.ts";
import type { Answer, Items, ServiceCall, Session } from "./session.ts";

interface Page<T> extends Items<T> {
  /** The marker in the address of the next page, empty where it has none; null: the cloud does not tell of one. */
  readonly next: string | null;
}

/** Which page is asked for: up to `limit` items after the one whose id is `marker`; the first for null. */
export interface PageWish {
  readonly marker: string | null;
  readonly limit: number;
}

interface PagingOptions<T> {
  fetch(wish: PageWish): Promise<Page<T>>;
  /** The size asked for; a full page means that there may be more, whatever the cloud says. */
  readonly pageSize: number;
  /** Makes the error of a listing that is cut off. */
  refuse(message: string): Error;
}

type ItemSchema = v.GenericSchema<unknown, { readonly id: string }>;

interface ListOptions<S extends ItemSchema>
  extends Call, Pick<ServiceCall, "service" | "action" | "path" | "turn"> {
  readonly session: Session;
  readonly pageSize: number;
  /** Of one item. */
  readonly schema: S;
  /** The query besides that of a page. */
  readonly query?: readonly (readonly [name: string, value: string])[];
}

/** All items that the service lists at the path, under that key of its answers. */
export async function listItems<S extends ItemSchema>(
  key: string,
  { session, pageSize, schema, path, query = [], ...call }: ListOptions<S>,
): Promise<readonly v.InferOutput<S>[]> {
  return await listAllPages<v.InferOutput<S>>({
    pageSize,
    refuse: (message) => session.refuse(call, message),
    async fetch({ marker, limit }) {
      const page = [["limit", String(limit)], ...(marker === null ? [] : [["marker", marker]])];
      const search = new URLSearchParams([...query, ...page] as [string, string][]);
      const answer = await session.request({ ...call, path: `${path}?${search}` });
      return { ...answer.items(key, schema), next: nextMarker(key, answer) };
    },
  });
}

const LinksSchema = v.nullish(v.array(v.object({ rel: v.nullish(v.string()), href: v.nullish(v.string()) })));

/** Of the next page's address only the marker is believed: a proxy may hide the rest. Glance gives that address alone. */
export function nextMarker(key: string, answer: Answer): string | null {
  const links = `${key}_links`;
  const told = answer.parse(v.object({ [links]: LinksSchema, next: v.nullish(v.unknown()) }));
  const list = told[links] as v.InferOutput<typeof LinksSchema>;
  const link = list?.find(({ rel }) => rel === "next");
  const address = typeof told["next"] === "string" ? told["next"] : link && (link.href ?? "");
  return address === undefined ? null : new URLSearchParams(address.split("?")[1]).get("marker") ?? "";
}

/**
 * A marker whose item was deleted meanwhile is unknown to the cloud: the number of times that the listing starts
 * again.
 */
const MAX_RESTARTS = 2;

/** The size to ask for when a cloud refuses a larger one. */
const SMALL_PAGE = 100;

/** Items of the same id that two pages repeat are given once, as seen last. */
export async function listAllPages<T extends { readonly id: string }>(
  options: PagingOptions<T>,
): Promise<readonly T[]> {
  for (let { pageSize } = options, restarts = 0;;) {
    try {
      return await listOnce({ ...options, pageSize });
    } catch (error) {
      if (!(error instanceof PageRefusedError)) throw error;
      const mayRepeat = error.isFirst ? pageSize > SMALL_PAGE : restarts++ < MAX_RESTARTS;
      if (!mayRepeat) throw error.cause;
      if (error.isFirst) pageSize = SMALL_PAGE;
    }
  }
}

class PageRefusedError extends Error {
  /** Then it is its size that is refused, else the marker. */
  readonly isFirst: boolean;

  constructor(cause: unknown, { isFirst }: { isFirst: boolean }) {
    super("page", { cause });
    this.isFirst = isFirst;
  }
}

/** @param known how many items a listing had that asked for smaller pages */
async function listOnce<T extends { readonly id: string }>(
  options: PagingOptions<T>,
  known = 0,
): Promise<readonly T[]> {
  const { pageSize: limit } = options;
  const seen = new Map<string, T>();
  const ids = new Set<string>();
  for (let marker: string | null = null, isHeeded = false;;) {
    const page: Page<T> = await fetchAfter({ marker, limit }, options);
    const before = ids.size;
    for (const id of page.ids) ids.add(id);
    for (const item of page.items) seen.set(item.id, item);
    const all = [...seen.values()];
    // Policies may leave all of a page out: then only the next one's address tells where it begins.
    const last: string | null = page.items.at(-1)?.id ?? page.ids.at(-1) ??
      (page.next === marker ? null : page.next);
    // More than asked for is all that there is: such a cloud knows no pages.
    if (!last || (page.next === null && page.given !== limit)) return all;
    if (page.given > 0 && ids.size === before) {
      return isHeeded ? all : await listInOne(options, { page, all, count: before, known });
    }
    isHeeded = marker !== null;
    marker = last;
  }
}

/** The cloud heeds no marker: its list is whole where larger pages hold no more of it. */
async function listInOne<T extends { readonly id: string }>(
  options: PagingOptions<T>,
  { page, all, count, known }: { page: Page<T>; all: readonly T[]; count: number; known: number },
): Promise<readonly T[]> {
  if (count > known) return await listOnce({ ...options, pageSize: options.pageSize * 2 }, count);
  if (page.next === null) return all;
  throw options.refuse(
    `the page after ${page.ids.at(-1)} has nothing new, though the cloud says that there is more`,
  );
}

async function fetchAfter<T>(wish: PageWish, { fetch }: PagingOptions<T>): Promise<Page<T>> {
  try {
    return await fetch(wish);
  } catch (error) {
    const isFirst = wish.marker === null;
    // Nova answers 400 and Glance 400 or 404 to a marker; the listing itself was good, since its first page came.
    const isRefused = error instanceof CloudError &&
      (error.status === 400 || (error.status === 404 && !isFirst));
    throw isRefused ? new PageRefusedError(error, { isFirst }) : error;
  }
}
