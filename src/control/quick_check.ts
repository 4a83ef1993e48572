/**
 * Whether an answer fits its schema, in a tenth of the time: a list of thousands of nodes has more fields than a
 * validation library can look at unnoticed. What it does not know it leaves to valibot, and so does who wants to know
 * what is wrong.
 */
import * as v from "valibot";

type Check = (input: unknown) => boolean;

const checks = new WeakMap<object, Check>();

export function fits(schema: v.GenericSchema, input: unknown): boolean {
  const known = checks.get(schema) ?? checkOf(schema as Known);
  checks.set(schema, known);
  return known(input);
}

/** The parts that schemas of answers are made of. */
type Known = v.GenericSchema & {
  readonly pipe?: readonly { readonly type: string }[];
  readonly wrapped: Known;
  readonly item: Known;
  readonly entries: Readonly<Record<string, Known>>;
};

function checkOf(schema: Known): Check {
  if (schema.pipe?.slice(1).some(({ type }) => type !== "readonly")) return (input) => v.is(schema, input);
  switch (schema.type) {
    case "string":
      return (input) => typeof input === "string";
    case "boolean":
      return (input) => typeof input === "boolean";
    case "number":
      return (input) => typeof input === "number" && !Number.isNaN(input);
    case "nullable":
      return orElse(null, checkOf(schema.wrapped));
    case "optional":
      return orElse(undefined, checkOf(schema.wrapped));
    case "array":
      return each(checkOf(schema.item));
    case "object":
      return all(Object.entries(schema.entries).map(([key, entry]) => [key, checkOf(entry)]));
    default:
      return (input) => v.is(schema, input);
  }
}

function orElse(value: null | undefined, check: Check): Check {
  return (input) => input === value || check(input);
}

function each(check: Check): Check {
  return (input) => Array.isArray(input) && input.every(check);
}

function all(keys: readonly (readonly [string, Check])[]): Check {
  return (input) =>
    typeof input === "object" && input !== null &&
    keys.every(([key, check]) => check((input as Readonly<Record<string, unknown>>)[key]));
}
