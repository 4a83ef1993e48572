/** The configuration's JSON Schema, for editors: `config-validate --schema`. Made from the schemas that check it. */
import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { configSection } from "./schema/config_section.ts";

/** JSON Schema (draft-07) of the YAML file; durations are seconds or a text with units. */
export function configJsonSchema(): JsonSchema {
  const schema = toJsonSchema(configSection, {
    typeMode: "input",
    ignoreActions: ["raw_check", "raw_transform"],
    overrideSchema: ({ valibotSchema, jsonSchema }) =>
      complete(jsonSchema, valibotSchema as { readonly entries?: v.ObjectEntries }),
  });
  return { $id: "urn:nodepool:configuration", title: "Configuration of nodepool", ...schema };
}

/** Only sections have entries. */
function complete(schema: JsonSchema, { entries }: { readonly entries?: v.ObjectEntries }): JsonSchema {
  return schema.properties === undefined || entries === undefined
    ? withNull(schema)
    : completeSection({ ...schema, properties: schema.properties }, entries);
}

/** No mapping with known keys takes any other; a needed key's description is not carried over by itself. */
function completeSection(
  schema: JsonSchema & { properties: NonNullable<JsonSchema["properties"]> },
  entries: v.ObjectEntries,
): JsonSchema {
  const properties = Object.entries(schema.properties).map(([key, property]) => {
    const description = v.getDescription(entries[key] as v.GenericSchema);
    return [key, { ...property as JsonSchema, ...description !== undefined && { description } }];
  });
  return { ...schema, properties: Object.fromEntries(properties), additionalProperties: false };
}

/** Nothing as one more type instead of an alternative: editors then say what is wrong with a value, not that none fits. */
function withNull({ anyOf, ...schema }: JsonSchema): JsonSchema {
  const [inner, nothing] = (anyOf ?? []) as JsonSchema[];
  if (anyOf?.length !== 2 || nothing?.type !== "null" || inner?.type === undefined) {
    return { ...schema, ...anyOf !== undefined && { anyOf } };
  }
  return { ...inner, ...schema, type: [inner.type, "null"].flat() as JsonSchema["type"] };
}
