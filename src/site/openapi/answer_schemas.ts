/**
 * The shapes of the endpoint's answers by name, as JSON Schema (draft 2020-12): made from the schemas that the views' types
 * derive from, so that a key that a view gets is in them. Every key is always there; `openApiDocument` has them.
 */
import { type JsonSchema, toJsonSchemaDefs } from "@valibot/to-json-schema";
import * as v from "valibot";
import { eventViewSchema } from "../../views/events.ts";
import { explanationViewSchema } from "../../views/explain/explanation.ts";
import { readinessViewSchema } from "../../views/health.ts";
import { historyTable, historyViewSchema } from "../../views/history.ts";
import { holdViewSchema } from "../../views/hold_view.ts";
import { nodeDetailsViewSchema, nodeMetadataSchema } from "../../views/node_details.ts";
import { waitingViewSchema } from "../../views/node_list.ts";
import { obstacleViewSchema } from "../../views/obstacle_view.ts";
import { poolLists } from "../../views/view_pool.ts";
import { number, string } from "../../views/view_schema.ts";

type Schemas = Record<string, JsonSchema>;

type ListSchemas = ReturnType<typeof listSchemas>[number];

/** Of `node-list`: NodeList and Node, and both with the fields that `?fields=` picked. */
export function listNamesOf(list: string) {
  const name = list.replace(/-list$/, "").replaceAll(/(?:^|-)([a-z])/g, (_, letter) => letter.toUpperCase());
  return {
    document: `${name}List`,
    row: name,
    pickedDocument: `${name}ListFields`,
    pickedRow: `${name}Fields`,
  };
}

export function answerSchemas(): Schemas {
  const lists = listSchemas();
  const whole = toJsonSchemaDefs(definitionsOf(lists), {
    target: "draft-2020-12",
    typeMode: "output",
    ignoreActions: ["readonly"],
    overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
    // A key that an older daemon does not send is optional to who reads its answers; this one sends it.
    overrideSchema: ({ jsonSchema: { properties, ...schema } }) =>
      properties === undefined ? null : { ...schema, properties, required: Object.keys(properties) },
  });
  return { ...whole, ...Object.assign({}, ...lists.map((list) => pickedSchemas(list, whole))) };
}

function listSchemas() {
  const { status: _, ...lists } = poolLists;
  const all = { ...lists, "past-node-list": { answer: historyViewSchema, table: historyTable } };
  return Object.entries(all).map(([name, { answer, table }]) => ({
    names: listNamesOf(name),
    answer,
    fields: table.columns.map(({ field }) => field),
  }));
}

function definitionsOf(lists: readonly ListSchemas[]): Record<string, v.GenericSchema> {
  return {
    ...Object.fromEntries(lists.flatMap(({ names, answer }) => [
      [names.document, answer],
      [names.row, rowOf(answer)],
    ])),
    Status: poolLists.status.answer,
    NodeDetails: nodeDetailsViewSchema,
    NodeMetadata: nodeMetadataSchema,
    Explanation: explanationViewSchema,
    Obstacle: obstacleViewSchema,
    Waiting: waitingViewSchema,
    Hold: holdViewSchema,
    Event: eventViewSchema,
    Readiness: readinessViewSchema,
    Health: v.object({ status: v.literal("ok") }),
    Error: v.object({ error: string, status: number }),
  };
}

/** Of the one list in a list's document. */
function rowOf(answer: v.GenericSchema): v.GenericSchema {
  const { entries } = answer as v.ObjectSchema<v.ObjectEntries, undefined>;
  const list = Object.values(entries).find(({ type }) => type === "array")!;
  return (list as v.ArraySchema<v.GenericSchema, undefined>).item;
}

function pickedSchemas({ names, fields }: ListSchemas, whole: Schemas): Schemas {
  const { properties = {}, ...document } = whole[names.document]!;
  const ofRows = { type: "array", items: { $ref: `#/components/schemas/${names.pickedRow}` } };
  const picked = Object.entries(properties).map((
    [key, value],
  ) => [key, (value as JsonSchema).type === "array" ? ofRows : value]);
  return {
    [names.pickedDocument]: { ...document, properties: Object.fromEntries(picked) },
    [names.pickedRow]: {
      type: "object",
      properties: Object.fromEntries(fields.map((field) => [field, fieldSchema(whole[names.row]!, field)])),
    },
  };
}

/** The schema of a field of a row, or of a part of it (`api.latency`); null where there is no such part. */
function fieldSchema(row: JsonSchema, field: string): JsonSchema {
  const path = field.split(".");
  const schema = path.reduce(partOf, row);
  return path.length === 1 ? schema : { anyOf: [schema, { type: "null" }] };
}

function partOf(schema: JsonSchema, key: string): JsonSchema {
  const choices = (schema.anyOf ?? [schema]) as readonly JsonSchema[];
  const { properties, additionalProperties } = choices.find(({ type }) => type === "object")!;
  return (properties?.[key] ?? additionalProperties) as JsonSchema;
}
