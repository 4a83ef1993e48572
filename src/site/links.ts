/** Where pages lead: to a list with other parameters, from the cells of lists, and from a thing to where there is more about it. */
import { html } from "hono/html";
import type { Thing } from "../views/pool_problem.ts";
import type { Markup } from "./page.ts";

export function link(href: string, text: string): Markup {
  return html`<a href="${href}">${text}</a>`;
}

/** @param text not given: its kind and name */
export function thingLink(thing: Thing, text = `${thing.kind} ${thing.name}`): Markup {
  return link(hrefOf(thing), text);
}

function hrefOf({ kind, name }: Thing): string {
  const safe = encodeURIComponent(name);
  return kind === "node" ? `/nodes/${safe}` : `/explain/${kind}:${safe}`;
}

/** Null or an empty text: without that parameter. A change leads to the first page. */
export type AddressChange = Readonly<Record<string, string | number | null>>;

export function listAddress(
  path: string,
  { asked, change = {} }: { asked: URLSearchParams; change?: AddressChange },
): string {
  const query = new URLSearchParams(asked);
  for (const [key, value] of Object.entries({ page: null, ...change })) {
    if (value === null || value === "") query.delete(key);
    else query.set(key, String(value));
  }
  return query.size === 0 ? path : `${path}?${query}`;
}

interface LinkCell {
  readonly field: string;
  readonly text: string;
  readonly row: object;
}

/** null: nowhere. */
export function linkOf(list: string, cell: LinkCell): string | null {
  const { field, text, row } = cell;
  const folder = folders[`${list}.${field}`];
  if (folder !== undefined) return `/${folder}/${encodeURIComponent(text)}`;
  const kind = subjects[`${list}.${field}`];
  // Servers for images stand in the column of labels under another name.
  const isItself = (row as Record<string, unknown>)[field] === text || field === "id";
  if (kind !== undefined && isItself) return `/explain/${kind}:${encodeURIComponent(text)}`;
  return field.startsWith("nodes.") && text !== "0" ? countedNodes(list, cell) : null;
}

const folders: Readonly<Record<string, string>> = { "node-list.id": "nodes", "history.id": "history" };

const subjects: Readonly<Record<string, string>> = {
  "node-list.label": "label",
  "node-list.provider": "provider",
  "label-list.name": "label",
  "provider-list.name": "provider",
  "request-list.id": "request",
  "request-list.label": "label",
  "image-list.image": "image",
  "image-list.provider": "provider",
  "dib-image-list.image": "image",
};

function countedNodes(list: string, { field, row }: LinkCell): string | null {
  const filter = counted[list];
  const name = (row as Record<string, unknown>).name;
  if (filter === undefined || typeof name !== "string") return null;
  const change = { [filter]: name, state: field.slice("nodes.".length) };
  return listAddress("/node-list", { asked: new URLSearchParams(), change });
}

const counted: Readonly<Record<string, string>> = { "label-list": "label", "provider-list": "provider" };
