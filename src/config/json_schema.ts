/** The configuration's JSON Schema, for editors: `config-validate --schema`. Made from the schemas that check it. */
import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { configSection } from "./schema/config_section.ts";

/** JSON Schema (draft-07) of the YAML file; durations are seconds or a text with units. */
export function configJsonSchema(): JsonSchema {
  const schema = toJsonSchema(configSection, {
    typeMode: "input",
    ignoreActions: ["raw_check", "raw_transform"],
    overrideSchema: ({ valibotSchema, jsonSchema }) => completeSection(jsonSchema, valibotSchema as Section),
  });
  return { title: "Configuration of nodepool", ...schema };
}

interface Section {
  /** Only sections have them. */
  readonly entries?: v.ObjectEntries;
  readonly type: string;
}

/** No mapping with known keys takes any other; a needed key's description is not carried over by itself. */
function completeSection(schema: JsonSchema, { entries }: Section): JsonSchema | null {
  if (schema.properties === undefined || entries === undefined) return null;
  const properties = Object.entries(schema.properties).map(([key, property]) => {
    const description = v.getDescription(entries[key] as v.GenericSchema);
    return [key, { ...property as JsonSchema, ...description !== undefined && { description } }];
  });
  return { ...schema, properties: Object.fromEntries(properties), additionalProperties: false };
}
