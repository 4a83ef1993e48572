/** The parameters of the routes as OpenAPI tells them: filters, forms, fields, conditions. */
import type { JsonSchema } from "@valibot/to-json-schema";
import { historyHours } from "../dashboard/history_panel.ts";
import { ROWS_OF_PAGE } from "../list_query.ts";
import type { PoolList } from "../../views/view_pool.ts";

export interface Parameter {
  readonly name: string;
  readonly in: "query" | "path" | "header";
  readonly description: string;
  readonly required?: true;
  readonly schema: JsonSchema;
  /** Lists stand in one parameter, with commas. */
  readonly style?: "form";
  readonly explode?: false;
}

const text: JsonSchema = { type: "string" };
const id: JsonSchema = { type: "integer", minimum: 0, maximum: 10 ** 15 - 1 };
const moment: JsonSchema = { type: "string", examples: ["2h", "1d", "2026-01-31T18:00"] };
const oneOf = (words: readonly string[]): JsonSchema => ({ type: "string", enum: [...words] });

function inQuery(name: string, description: string, schema: JsonSchema): Parameter {
  return { name, in: "query", description, schema };
}

function inHeader(name: string, description: string, schema = text): Parameter {
  return { name, in: "header", description, schema };
}

/** The path's own; `id` is a number. */
export function pathParameter(name: string, description: string): Parameter {
  return { name, in: "path", required: true, description, schema: name === "id" ? id : text };
}

export function formatParameter(formats: readonly string[]): Parameter {
  return inQuery("format", "The form of the answer, whatever the Accept header says", oneOf(formats));
}

/** The parameters of a list: `fields`, `sort`, and all that narrows it. */
export function listParameters(
  { filters, states, table: { columns } }: {
    readonly filters: readonly string[];
    readonly states?: readonly string[];
    readonly table: PoolList["table"];
  },
): readonly Parameter[] {
  const fields = columns.map(({ field }) => field);
  const orders = [...fields, ...fields.map((field) => `-${field}`)];
  return [
    {
      ...inQuery(
        "fields",
        "Only these fields, in this order; in JSON each has the name that it has here",
        { type: "array", items: oneOf(fields), minItems: 1 },
      ),
      style: "form",
      explode: false,
    },
    inQuery("sort", "The field to sort by; with - before it, in descending order", oneOf(orders)),
    inQuery(
      "page",
      `The page of ${ROWS_OF_PAGE} rows; without it, all rows, or in HTML the first page`,
      { type: "integer", minimum: 1 },
    ),
    ...filters.map((filter) => filterParameter(filter as keyof typeof filterParts, states)),
  ];
}

function filterParameter(name: keyof typeof filterParts, states?: readonly string[]): Parameter {
  const [description, schema] = filterParts[name];
  return inQuery(name, description, name === "state" && states !== undefined ? oneOf(states) : schema);
}

const filterParts = {
  id: ["Only the row with this id", id],
  provider: ["Only of this provider", text],
  label: ["Only of this label", text],
  image: ["Only of this image", text],
  job: ["Only of this job", text],
  state: ["Only those in this state", text],
  result: ["Only those with this result", text],
  hostname: ["Only the one with this hostname", text],
  since: ["From this time on: how long ago, or a time", moment],
  until: ["Up to this time: how long ago, or a time", moment],
  limit: ["At most this many rows; 50 by default, up to 1,000", {
    type: "integer",
    minimum: 1,
    maximum: 1_000,
  }],
  before: ["Only those with a lower id: the page after the one that ended with it", id],
} as const satisfies Record<string, readonly [string, JsonSchema]>;

export const ifNoneMatch = inHeader(
  "If-None-Match",
  "ETags of answers that the client has: 304 if one of them is still current",
);

export const ifModifiedSince = inHeader(
  "If-Modified-Since",
  "The Last-Modified of the answer that the client has; counts where If-None-Match is not sent",
);

export const eventParameters: readonly Parameter[] = [
  filterParameter("since"),
  inQuery("after", "Events after the one with this id", id),
  inHeader(
    "Last-Event-ID",
    "As after; a browser's EventSource sends it by itself when it connects again",
    id,
  ),
];

/** Of `/`. */
export const hours = inQuery(
  "hours",
  "How far back the history of the pool's servers goes; 6 by default",
  { type: "integer", enum: [...historyHours] },
);

/** Of `/readyz`. */
export const strict = inQuery(
  "strict",
  "If given, with any value: also not ready while a part of the work cannot be done",
  { type: "string", maxLength: 0 },
);
