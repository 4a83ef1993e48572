import { ApiRefusal } from "./api_refusal.ts";
import type { Exchange } from "./exchange.ts";

/**
 * The part of a list that comes after the item with the marker's id.
 * @throws ApiRefusal 400 where no item has it
 */
export function pageAfter<T extends { readonly id: string }>(
  items: readonly T[],
  { marker, limit }: { marker: string | null; limit: number },
): { page: readonly T[]; more: boolean } {
  let start = 0;
  if (marker !== null) {
    start = items.findIndex((item) => item.id === marker) + 1;
    if (start === 0) throw new ApiRefusal(400, `marker [${marker}] not found`);
  }
  return { page: items.slice(start, start + limit), more: start + limit < items.length };
}

/** The link to the page after an item, under the list's name for it. */
export function nextLinks(exchange: Exchange, list: string, last: { readonly id: string }) {
  const query = new URLSearchParams(exchange.query);
  query.set("marker", last.id);
  return { [`${list}_links`]: [{ rel: "next", href: `${exchange.url}${exchange.options.path}?${query}` }] };
}
