import assert from "node:assert/strict";
import fc from "fast-check";
import * as v from "valibot";
import { fits } from "../../src/lib/fits.ts";
import { rowSchemas } from "../../src/store/schemas.ts";
import { operations } from "../../src/control/operations.ts";
import { viewPool } from "../../src/views/view_pool.ts";
import { sampleReport } from "../views/sample_pool.ts";

const report = sampleReport();
const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** What is stored and what is answered, each with its schema. */
const samples: readonly (readonly [v.GenericSchema, unknown])[] = [
  ...report.nodes.map((node) => [rowSchemas.nodes, json(node)] as const),
  ...report.images.map((image) => [rowSchemas.images, json(image)] as const),
  ...report.dibImages.map((image) => [rowSchemas.dibImages, json(image)] as const),
  ...report.requests.map((request) => [rowSchemas.requests, json(request)] as const),
  [operations["node-list"].answer, json(viewPool(report, { name: "node-list" }))],
  [operations["image-list"].answer, json(viewPool(report, { name: "image-list" }))],
  [operations["job-list"].answer, json(viewPool(report, { name: "job-list" }))],
  [v.object({ either: v.optional(v.union([v.string(), v.number()])) }), { either: 3 }],
];

/** The places in a value, as paths. */
function placesOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, part]) => placesOf(part, [...path, key]))];
}

/** The value with something else in one place; undefined: without it. */
function altered(value: unknown, [key, ...rest]: readonly string[], other: unknown): unknown {
  if (key === undefined) return other;
  if (Array.isArray(value)) {
    return value.map((part, at) => String(at) === key ? altered(part, rest, other) : part);
  }
  const parts = { ...value as Record<string, unknown> };
  const part = altered(parts[key], rest, other);
  if (part === undefined) delete parts[key];
  else parts[key] = part;
  return parts;
}

Deno.test("what is stored and answered fits at a glance", () => {
  for (const [schema, value] of samples) assert.ok(fits(schema, value), JSON.stringify(value));
});

Deno.test("what fits at a glance is what valibot lets pass as it is, whatever is damaged in it", () => {
  const others = fc.oneof(
    fc.constantFrom(undefined, null, "", "ready", 0, 1.5, NaN, true, {}, [], { phase: "ready" }),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...samples),
      fc.nat(),
      fc.boolean(),
      others,
      ([schema, value], at, isKey, other) => {
        const places = placesOf(value);
        const place = places[at % places.length]!;
        const damaged = altered(value, isKey ? [...place, "unheard-of"] : place, other);
        const { success, output } = v.safeParse(schema, damaged);
        if (!fits(schema, damaged)) return;
        assert.ok(success);
        // Of answers, what a newer daemon adds is kept; records have no more than their schema.
        if (schema.type === "object") assert.partialDeepStrictEqual(damaged, output);
        else assert.deepEqual(output, damaged);
      },
    ),
    { numRuns: 2_000 },
  );
});
