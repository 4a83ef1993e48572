/**
 * Pages of lists; and Neutron's way with collections: any field filters, `fields` picks, pages where a limit is asked
 * for.
 */
import { type ApiAnswer, ApiRefusal, invalidInput, jsonAnswer } from "./answer.ts";
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

/** @throws ApiRefusal 400 where it is no number */
export function pageLimit({ query, cloud }: Exchange): number {
  const text = query.get("limit");
  if (text === null || text === "") return cloud.settings.pageSize;
  if (!/^[0-9]+$/.test(text)) {
    throw invalidInput("query parameters limit", text, `'${text}' does not match '^[0-9]*$'`);
  }
  return Math.min(Number(text) || cloud.settings.pageSize, cloud.settings.pageSize);
}

/** The link to the page after an item, under the list's name for it. */
export function nextLinks(exchange: Exchange, list: string, last: { readonly id: string }) {
  const query = new URLSearchParams(exchange.query);
  query.set("marker", last.id);
  return { [`${list}_links`]: [{ rel: "next", href: `${exchange.url}${exchange.options.path}?${query}` }] };
}

export type NetworkResource = { readonly id: string } & Readonly<Record<string, unknown>>;

/** One page of a collection, filtered as the query says. */
export function resourceList(
  exchange: Exchange,
  name: string,
  resources: readonly NetworkResource[],
): ApiAnswer {
  const { query } = exchange;
  const fitting = resources.filter((resource) => fits(resource, query));
  const limit = query.has("limit") ? pageLimit(exchange) : Infinity;
  const { page, more } = pageAfter(fitting, { marker: query.get("marker"), limit });
  const fields = query.getAll("fields");
  return jsonAnswer(200, {
    [name]: fields.length === 0 ? page : page.map((resource) => picked(resource, fields)),
    ...(more ? nextLinks(exchange, name, page.at(-1)!) : {}),
  });
}

function fits(resource: NetworkResource, query: URLSearchParams): boolean {
  for (const key of new Set(query.keys())) {
    if (CONTROL.has(key) || !(key in resource)) continue;
    if (!query.getAll(key).some((wanted) => same(resource[key], wanted))) return false;
  }
  return true;
}

function same(value: unknown, wanted: string): boolean {
  if (typeof value === "boolean") return value === (wanted.toLowerCase() === "true" || wanted === "1");
  return String(value ?? "") === wanted;
}

const CONTROL = new Set(["fields", "limit", "marker", "sort_key", "sort_dir", "page_reverse"]);

function picked(resource: NetworkResource, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(fields.filter((key) => key in resource).map((key) => [key, resource[key]]));
}
