/** Neutron's way with collections: any field filters, `fields` picks, pages where a limit is asked for. */
import { type ApiAnswer, jsonAnswer } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import { nextLinks, pageAfter } from "./paging.ts";

export type NetworkResource = { readonly id: string } & Readonly<Record<string, unknown>>;

/** One page of a collection, filtered as the query says. */
export function resourceList(
  exchange: Exchange,
  name: string,
  resources: readonly NetworkResource[],
): ApiAnswer {
  const { query } = exchange;
  const fitting = resources.filter((resource) => fits(resource, query));
  const limit = query.get("limit");
  const { page, more } = pageAfter(fitting, {
    marker: query.get("marker"),
    limit: limit === null ? Infinity : Number(limit),
  });
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
