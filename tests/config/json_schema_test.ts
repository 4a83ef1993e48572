import assert from "node:assert/strict";
import { configJsonSchema } from "../../src/config/json_schema.ts";

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly default?: unknown;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
}

const root = configJsonSchema() as Schema;

function properties(schema: Schema): Readonly<Record<string, Schema>> {
  return (schema.items ?? schema).properties ?? {};
}

Deno.test("configJsonSchema() describes every key, in the file's spelling", () => {
  const visit = (schema: Schema, path: string): string[] =>
    Object.entries(properties(schema)).flatMap(([key, inner]) => [
      ...(inner.description && /^[a-z0-9_-]+$/.test(key) ? [] : [`${path}${key}`]),
      ...visit(inner, `${path}${key}.`),
    ]);
  assert.deepEqual(visit(root, ""), []);
  const images = properties(properties(root).providers!).images!;
  assert.ok("boot-from-volume" in properties(images));
});

Deno.test("configJsonSchema() knows types, bounds, defaults and what is needed", () => {
  const label = properties(root).labels!.items!;
  assert.deepEqual(label.required, ["name", "image"]);
  assert.equal(label.additionalProperties, false);
  const { pattern, ...minReady } = label.properties!["min-ready"]!;
  assert.match("12", new RegExp(pattern!));
  assert.deepEqual(minReady, {
    type: ["integer", "string"],
    patternErrorMessage: "Expected a whole number, -1 to 100000.",
    maximum: 100_000,
    default: 2,
    description: "Nodes kept ready; 0: only on demand; -1: disabled.",
  });
  const { minimum, maximum } = label.properties!.subnodes!;
  assert.deepEqual({ minimum, maximum }, { minimum: 0, maximum: 200 });
  assert.deepEqual(properties(properties(root).log!).level, {
    enum: ["debug", "info", "warning", "error"],
    default: "info",
    description: "The lowest level that is logged.",
  });
});

Deno.test("configJsonSchema() is plain JSON", () => {
  assert.deepEqual(JSON.parse(JSON.stringify(root)), root);
});
