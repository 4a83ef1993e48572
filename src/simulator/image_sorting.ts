/** The order in which a listing of images is asked for, in Glance's two spellings. */
import { ApiRefusal } from "./api_refusal.ts";
import type { SimulatedImage } from "./simulated_image.ts";

/** An image with what is shown of it, which filters and orders go by. */
export interface ImageRow {
  readonly image: SimulatedImage;
  readonly shown: Readonly<Record<string, unknown>>;
}

export type ImageSorting = (one: ImageRow, other: ImageRow) => number;

const KEYS = ["name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at"];

/**
 * `sort=name:asc,size` or `sort_key=name&sort_dir=asc&sort_key=size`; newest first where neither is given.
 * @throws ApiRefusal 400 for what Glance does not sort by
 */
export function imageSorting(query: URLSearchParams): ImageSorting {
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
