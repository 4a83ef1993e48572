/** Looks at a configuration as editors do: YAML 1.2 by the JSON Schema that `config-validate --schema` prints. */
import { Ajv } from "ajv";
import { parse } from "yaml";
import { configJsonSchema } from "../../src/config/json_schema.ts";

/** Keywords that only editors know are no mistakes. */
const validate = new Ajv({ strict: false, allErrors: true }).compile(configJsonSchema());

/** The place and the reason of whatever the editor underlines. */
export function editorFaults(text: string): readonly string[] {
  validate(parse(text, { merge: true, uniqueKeys: false, logLevel: "error" }));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
