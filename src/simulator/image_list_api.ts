/** Glance's listing of images: filtered, sorted, in pages. */
import type { Strikes } from "./api.ts";
import { type ApiAnswer, ApiRefusal, found, jsonAnswer } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import { shownImage } from "./image_view.ts";
import type { SimulatedImage } from "./simulated_image.ts";

/** `GET /v2/images`. */
export function listImages(exchange: Exchange, strikes: Strikes): ApiAnswer {
  const { query } = exchange;
  const order = imageSorting(query);
  const limit = pageLimit(exchange);
  let fitting = rowsOf(exchange, exchange.cloud.images.all()).filter((row) => fits(row, query)).sort(order);
  for (const { strike, blow } of strikes("imageListing")) {
    fitting = fitting.slice(0, strike(blow, fitting.length));
  }
  const page = fitting.slice(pageStart(exchange, { fitting, order })).slice(0, limit);
  const first = new URLSearchParams(query);
  first.delete("marker");
  // Glance looks no further: a last page that is full has a next one, without images.
  const hasNext = page.length > 0 && page.length === limit;
  return jsonAnswer(200, {
    images: page.map(({ shown }) => shown),
    first: first.size === 0 ? "/v2/images" : `/v2/images?${first}`,
    schema: "/v2/schemas/images",
    ...(hasNext ? { next: nextPage(query, page.at(-1)!) } : {}),
  });
}

/** Glance's own page where none is asked for. */
const DEFAULT_LIMIT = 25;
/** Whose membership counts is not asked: nothing is shared here. */
const NOT_FILTERS = new Set(["limit", "marker", "sort", "sort_key", "sort_dir", "member_status"]);

function rowsOf({ now }: Exchange, images: readonly SimulatedImage[]): ImageRow[] {
  return images.map((image) => ({ image, shown: shownImage(image, now) }));
}

function pageLimit({ query, cloud }: Exchange): number {
  const text = query.get("limit");
  if (text === null) return Math.min(DEFAULT_LIMIT, cloud.settings.pageSize);
  if (!/^-?\d+$/.test(text)) throw new ApiRefusal(400, "limit param must be an integer");
  if (Number(text) < 0) throw new ApiRefusal(400, "limit param must be positive");
  return Math.min(Number(text), cloud.settings.pageSize);
}

/** The page begins after the marker's place, whether or not the marker itself is still in the list. */
function pageStart(
  exchange: Exchange,
  { fitting, order }: { fitting: readonly ImageRow[]; order: ImageSorting },
): number {
  const id = exchange.query.get("marker");
  if (id === null) return 0;
  const image = found(exchange.cloud.images.get(id), `No image found with ID ${id}`, { status: 400 });
  const [marker] = rowsOf(exchange, [image]);
  const start = fitting.findIndex((row) => order(marker!, row) < 0);
  return start === -1 ? fitting.length : start;
}

function nextPage(query: URLSearchParams, last: ImageRow): string {
  const next = new URLSearchParams(query);
  next.set("marker", last.image.id);
  return `/v2/images?${next}`;
}

function fits({ shown }: ImageRow, query: URLSearchParams): boolean {
  if (!query.has("os_hidden") && shown["os_hidden"] === true) return false;
  return [...query].every(([key, value]) => {
    if (NOT_FILTERS.has(key)) return true;
    if (key === "tag") return (shown["tags"] as string[]).includes(value);
    if (key === "visibility" && value === "all") return true;
    const own = String(shown[key] ?? "");
    return value.startsWith("in:") ? listed(value.slice(3)).includes(own) : own === value;
  });
}

/** `a,"b, c"` as a list. */
function listed(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|([^,]+)/g)].map((match) => match[1] ?? match[2] ?? "");
}

/** An image with what is shown of it, which filters and orders go by. */
interface ImageRow {
  readonly image: SimulatedImage;
  readonly shown: Readonly<Record<string, unknown>>;
}

type ImageSorting = (one: ImageRow, other: ImageRow) => number;

const KEYS = ["name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at"];

/**
 * `sort=name:asc,size` or `sort_key=name&sort_dir=asc&sort_key=size`; newest first where neither is given.
 * @throws ApiRefusal 400 for what Glance does not sort by
 */
function imageSorting(query: URLSearchParams): ImageSorting {
  const keys = sortKeys(query);
  const compare = keys.map(({ key, sign }): ImageSorting => (one, other) =>
    sign * compareValues(one.shown[key], other.shown[key])
  );
  const lastSign = keys[0]!.sign;
  return (one, other) => {
    for (const byKey of compare) {
      const result = byKey(one, other);
      if (result !== 0) return result;
    }
    return lastSign * (one.image.sequence - other.image.sequence);
  };
}

interface SortKey {
  readonly key: string;
  readonly sign: 1 | -1;
}

function sortKeys(query: URLSearchParams): readonly SortKey[] {
  const sort = query.get("sort");
  if (sort === null) return pairedKeys(query.getAll("sort_key"), query.getAll("sort_dir"));
  if (query.has("sort_key") || query.has("sort_dir")) {
    throw new ApiRefusal(400, "Old and new sorting syntax cannot be combined");
  }
  return sort.split(",").map((part) => {
    const [key = "", direction = "desc"] = part.split(":");
    return sortKey(key.trim(), direction.trim());
  });
}

/** One direction stands for all keys. */
function pairedKeys(keys: readonly string[], directions: readonly string[]): readonly SortKey[] {
  if (directions.length > 1 && directions.length !== keys.length) {
    throw new ApiRefusal(400, "Number of sort dirs does not match the number of sort keys");
  }
  const wanted = keys.length === 0 ? ["created_at"] : keys;
  return wanted.map((key, index) => sortKey(key, directions[index] ?? directions[0] ?? "desc"));
}

function sortKey(key: string, direction: string): SortKey {
  if (!KEYS.includes(key)) {
    throw new ApiRefusal(
      400,
      `Invalid sort key: ${key}. It must be one of the following: ${KEYS.join(", ")}.`,
    );
  }
  if (direction !== "asc" && direction !== "desc") {
    throw new ApiRefusal(400, `Invalid sort direction: ${direction}`);
  }
  return { key, sign: direction === "asc" ? 1 : -1 };
}

/** Numbers or texts; missing values come first. */
function compareValues(one: unknown, other: unknown): number {
  if (one === other) return 0;
  if (one === null || other === null) return one === null ? -1 : 1;
  return (one as string | number) < (other as string | number) ? -1 : 1;
}
