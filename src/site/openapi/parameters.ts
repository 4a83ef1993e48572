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
  readonly allowReserved?: true;
}

/** The path's own; `id` is a number. */
export function pathParameter(name: string, description: string): Parameter {
  const schema: JsonSchema = name === "id" ? id : { type: "string" };
  return { name, in: "path", required: true, description, schema };
}

export function formatParameter(formats: readonly string[]): Parameter {
  const description = "The form of the answer, whatever the Accept header says";
  return { name: "format", in: "query", description, schema: { type: "string", enum: [...formats] } };
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
  return [
    {
      name: "fields",
      in: "query",
      description: "Only these fields, in this order; in JSON each has the name that it has here",
      style: "form",
      explode: false,
      schema: { type: "array", items: { type: "string", enum: fields }, minItems: 1 },
    },
    {
      name: "sort",
      in: "query",
      description: "The field to sort by; with - before it, in descending order",
      schema: { type: "string", enum: [...fields, ...fields.map((field) => `-${field}`)] },
    },
    {
      name: "page",
      in: "query",
      description: `The page of ${ROWS_OF_PAGE} rows; without it, all rows, or in HTML the first page`,
      schema: { type: "integer", minimum: 1 },
    },
    ...filters.map((filter) => filterParameter(filter as keyof typeof filterParts, states)),
  ];
}

function filterParameter(name: keyof typeof filterParts, states: readonly string[] | undefined): Parameter {
  const [description, schema] = filterParts[name];
  const isState = name === "state" && states !== undefined;
  return { name, in: "query", description, schema: isState ? { type: "string", enum: [...states] } : schema };
}

const text: JsonSchema = { type: "string" };
const id: JsonSchema = { type: "integer", minimum: 0, maximum: 10 ** 15 - 1 };
const moment: JsonSchema = { type: "string", examples: ["2h", "1d", "2026-01-31T18:00"] };

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

export const ifNoneMatch: Parameter = {
  name: "If-None-Match",
  in: "header",
  description: "ETags of answers that the client has: 304 if one of them is still current",
  schema: text,
};

export const ifModifiedSince: Parameter = {
  name: "If-Modified-Since",
  in: "header",
  description: "The Last-Modified of the answer that the client has; counts where If-None-Match is not sent",
  schema: text,
};

/** Of `/events`. */
export const eventParameters: readonly Parameter[] = [
  filterParameter("since", undefined),
  { name: "after", in: "query", description: "Events after the one with this id", schema: id },
  {
    name: "Last-Event-ID",
    in: "header",
    description: "As after; a browser's EventSource sends it by itself when it connects again",
    schema: id,
  },
];

/** Of `/`. */
export const hours: Parameter = {
  name: "hours",
  in: "query",
  description: "How far back the history of the pool's servers goes; 6 by default",
  schema: { type: "integer", enum: [...historyHours] },
};

/** Of `/readyz`. */
export const strict: Parameter = {
  name: "strict",
  in: "query",
  description: "If given, with any value: also not ready while a part of the work cannot be done",
  schema: { type: "string", maxLength: 0 },
};
