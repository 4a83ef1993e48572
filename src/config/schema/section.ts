/**
 * A mapping with known keys: every unknown one is an issue (`raw_check`) of its own, so that none hides another. `json`
 * tells editors what the checks know of its keys together; keys of its `patternProperties` are the user's own.
 */
import * as v from "valibot";

export function section<const Entries extends v.ObjectEntries>(
  entries: Entries,
  json: Record<string, unknown> & { readonly patternProperties?: Readonly<Record<string, unknown>> } = {},
) {
  const own = Object.keys(json.patternProperties ?? {}).map((pattern) => new RegExp(pattern));
  return v.pipe(
    v.looseObject(entries),
    v.metadata(json),
    v.rawCheck(({ dataset, addIssue }) => {
      const value: unknown = dataset.value;
      if (value === null || typeof value !== "object") return;
      for (const key of Object.keys(value)) {
        if (Object.hasOwn(entries, key) || own.some((pattern) => pattern.test(key))) continue;
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

/** The schema of a list's items; where it is one of scalars, alone or in a list, itself. */
export function itemOf(schema: unknown): unknown {
  return unwrap(schema)?.item ?? schema;
}

/** The traits of a key's values besides their type; a wrapper says what it wraps. */
export interface Traits {
  /** Never shown. */
  readonly isHidden?: boolean;
  /** A file that has it must not be everybody's to read. */
  readonly isSecret?: boolean;
  readonly isDuration?: boolean;
  /** One path, or several with colons between. */
  readonly paths?: "one" | "several";
  /** A mapping whose keys are the user's own. */
  readonly isFree?: boolean;
  /** No schema describes what is in it, and all of it may be seen. */
  readonly isOpen?: boolean;
  /** Why it has no effect any more. */
  readonly former?: string;
}

/** Not a word, so that it is not part of the JSON Schema. */
const TRAITS = Symbol("traits");

export function withTraits(traits: Traits) {
  return v.metadata({ [TRAITS]: traits });
}

const traits = new WeakMap<object, Traits>();

/** Each schema's are gathered once: valibot goes through all its pipe. */
export function traitsOf(schema: unknown): Traits {
  return traits.getOrInsertComputed(schema as object, gatherTraits);
}

function gatherTraits(schema: unknown): Traits {
  const { wrapped } = schema as Shape;
  const metadata: { readonly [TRAITS]?: Traits } = v.getMetadata(schema as v.GenericSchema);
  return { ...wrapped !== undefined && traitsOf(wrapped), ...metadata[TRAITS] };
}

/** Whether a value that the schema read has a secret anywhere. */
export function holdsSecret(schema: unknown, value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (traitsOf(schema).isSecret) return true;
  if (Array.isArray(value)) return value.some((item) => holdsSecret(itemOf(schema), item));
  const entries = Object.entries(sectionAt(schema, []) ?? {});
  return entries.some(([key, entry]) => holdsSecret(entry, (value as Record<string, unknown>)[key]));
}

/** Names that are not just the file's in another spelling. */
const FIELDS = {
  "min-ram": "minRamMib",
  "key-name": "keypair",
  "net-id": "id",
  "net-label": "label",
  apikey: "apiKey",
  cacert: "caCert",
  cert: "clientCert",
  key: "clientKey",
} as const;

/** The program's name of a key: `min-ready` is `minReady`. */
type FieldName<Key extends string> = Key extends keyof typeof FIELDS ? (typeof FIELDS)[Key] : CamelCase<Key>;

type CamelCase<Text extends string> = Text extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Text;

export function fieldName(key: string): string {
  const name: string | undefined = (FIELDS as Readonly<Record<string, string>>)[key];
  return name ?? key.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** A section's values by the program's names; null where the file says nothing. */
type Fields<Values> = {
  readonly [
    Key in keyof Values as Key extends string ? string extends Key ? never : FieldName<Key> : never
  ]-?: undefined extends Values[Key] ? Exclude<Values[Key], undefined> | null : Values[Key];
};

/** Whatever key a section has comes into the configuration by its name alone, but for former ones. */
export function fieldsOf<Values extends object>(
  schema: v.GenericSchema<unknown, Values | null | undefined>,
  values: Values,
): Fields<Values> {
  const keys = Object.entries(sectionAt(schema, [])!).filter(([, entry]) => !traitsOf(entry).former);
  const fields = keys.map(([key]) => [fieldName(key), values[key as keyof Values] ?? null]);
  return Object.fromEntries(fields) as Fields<Values>;
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
