/**
 * The routes of the status endpoint as programs see them: what each answers, in which forms, to which parameters. Tests hold
 * the routes that there are against these, and ask for all that they say. `openApiDocument` is made of them.
 */
import { historyTable } from "../../views/history.ts";
import { poolLists, type PoolViewName } from "../../views/view_pool.ts";
import { assets } from "../add_assets.ts";
import { historyFilters } from "../history_body.ts";
import { listFormats } from "../negotiate.ts";
import { listNamesOf } from "./answer_schemas.ts";
import {
  eventParameters,
  formatParameter,
  hours,
  ifModifiedSince,
  ifNoneMatch,
  listParameters,
  type Parameter,
  pathParameter,
  strict,
} from "./parameters.ts";

/** Names of schemas, one of which an answer has, or each of its rows; null: it is text. */
export type Shape = { readonly is: readonly string[] } | { readonly rows: readonly string[] } | null;

export interface SiteRoute {
  readonly path: string;
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  /** Of an answer with 200, by media type. */
  readonly content: Readonly<Record<string, Shape>>;
  /** Besides those that every route answers with. */
  readonly statuses?: readonly (302 | 304 | 400 | 404 | 410)[];
  /** It answers 503 in the same shapes. */
  readonly isReadiness?: true;
}

const listNames = Object.keys(poolLists) as PoolViewName[];

const html = { "text/html": null };
const text = { "text/plain": null };
const json = (...names: readonly string[]) => ({ "application/json": { is: names } });

const id = pathParameter("id", "Of a node");
const nodeParameters = [formatParameter(["text", "json", "html"]), ifNoneMatch];
const manualParameters = [formatParameter(["html", "markdown"]), ifNoneMatch];

export const siteRoutes: readonly SiteRoute[] = [
  {
    path: "/",
    summary: "The whole pool on one page, to keep open",
    parameters: [hours, ifNoneMatch],
    content: html,
    statuses: [304, 400],
  },
  ...listNames.map(listRoute),
  ...listNames.filter((name) => name !== "status").map(rowsRoute),
  nodeRoute("/nodes/{id}"),
  {
    path: "/nodes/{id}/metadata",
    summary: "The documented values of a node's server metadata",
    parameters: [id, ifNoneMatch],
    content: json("NodeMetadata"),
    statuses: [304, 404],
  },
  {
    path: "/explain/{name}",
    summary: "Why there is, or is not, a node",
    parameters: [
      pathParameter("name", "Of a label, a provider, an image, a node or a request; or KIND:NAME"),
      ...nodeParameters,
    ],
    content: { ...text, ...json("Explanation"), ...html },
    statuses: [304, 400, 404, 410],
  },
  {
    path: "/history",
    summary: "The nodes that are gone, the newest first",
    parameters: [
      formatParameter(listFormats),
      ...listParameters({ filters: historyFilters, table: historyTable }),
      ifNoneMatch,
    ],
    content: listContent("past-node-list"),
    statuses: [304, 400],
  },
  nodeRoute("/history/{id}"),
  {
    path: "/events",
    summary: "All that happens, as server-sent events: the data of each is one of the schema Event",
    parameters: eventParameters,
    content: { "text/event-stream": null },
    statuses: [400],
  },
  {
    path: "/healthz",
    summary: "That the daemon answers",
    content: json("Health"),
  },
  {
    path: "/readyz",
    summary: "Whether the pool can do its work, or why not",
    parameters: [strict],
    content: { ...text, ...json("Readiness") },
    isReadiness: true,
  },
  {
    path: "/metrics",
    summary: "The pool's metrics for Prometheus",
    content: { ...text, "application/openmetrics-text": null },
  },
  {
    path: "/manual",
    summary: "The topics of the manual",
    parameters: manualParameters,
    content: { "text/markdown": null, ...html },
    statuses: [304, 400],
  },
  {
    path: "/manual/{topic}",
    summary: "A topic of the manual or a section of one; always Markdown with .md after its name",
    parameters: [pathParameter("topic", "Of a topic or a section"), ...manualParameters],
    content: { "text/markdown": null, ...html },
    statuses: [302, 304, 400, 404],
  },
  ...Object.entries(assets).map(([path, { type }]): SiteRoute => ({
    path,
    summary: "A part of the pages",
    parameters: [ifNoneMatch],
    content: { [type]: null },
    statuses: [304],
  })),
  {
    path: "/openapi.json",
    summary: "This document",
    parameters: [ifNoneMatch],
    content: json("Document"),
    statuses: [304],
  },
];

function listRoute(name: PoolViewName): SiteRoute {
  return {
    path: `/${name}`,
    summary: `What nodepool ${name} shows`,
    parameters: parametersOf(name, listFormats),
    content: name === "status" ? { ...listContent(name), ...json("Status") } : listContent(name),
    statuses: [304, 400],
  };
}

function rowsRoute(name: PoolViewName): SiteRoute {
  const { row, pickedRow } = listNamesOf(name);
  return {
    path: `/${name}.json`,
    summary: `The rows of ${name} alone`,
    parameters: parametersOf(name, ["json"]),
    content: { "application/json": { rows: [row, pickedRow] } },
    statuses: [304, 400],
  };
}

function parametersOf(name: PoolViewName, formats: readonly string[]): readonly Parameter[] {
  return [formatParameter(formats), ...listParameters(poolLists[name]), ifNoneMatch, ifModifiedSince];
}

function listContent(name: string): SiteRoute["content"] {
  const { document, pickedDocument } = listNamesOf(name);
  return { ...text, ...json(document, pickedDocument), ...html, "text/csv": null };
}

function nodeRoute(path: string): SiteRoute {
  return {
    path,
    summary: "Everything about one node, even after its end",
    parameters: [id, ...nodeParameters],
    content: { ...text, ...json("NodeDetails"), ...html },
    statuses: [304, 400, 404],
  };
}
