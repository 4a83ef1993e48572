/** A mapping with known keys: every unknown one is an issue (`raw_check`) of its own, so that none hides another. */
import * as v from "valibot";

export function section<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.pipe(
    v.looseObject(entries),
    v.rawCheck(({ dataset, addIssue }) => {
      const value: unknown = dataset.value;
      if (value === null || typeof value !== "object") return;
      for (const key of Object.keys(value)) {
        if (Object.hasOwn(entries, key)) continue;
        const path = [{ type: "object", origin: "key", input: value, key, value: undefined }] as const;
        addIssue({ message: "unknown key", path: path as unknown as [v.IssuePathItem] });
      }
    }),
  );
}

/** The section at a path of keys, e.g. to list its known keys; null where the schema has none there. */
export function sectionAt(
  schema: unknown,
  path: readonly (string | number)[],
): Record<string, unknown> | null {
  let current: unknown = schema;
  for (const step of path) {
    const inner = unwrap(current);
    current = typeof step === "number" ? inner?.item : inner?.entries?.[step];
    if (current === undefined) return null;
  }
  return unwrap(current)?.entries ?? null;
}

interface Shape {
  readonly wrapped?: unknown;
  readonly item?: unknown;
  readonly entries?: Record<string, unknown>;
}

/** The schema inside optional and nullish ones; pipes carry the properties of their first schema. */
function unwrap(schema: unknown): Shape | null {
  let shape = schema as Shape | null | undefined;
  while (shape?.wrapped !== undefined) shape = shape.wrapped as Shape;
  return shape ?? null;
}
