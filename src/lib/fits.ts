/**
 * Whether a value fits its schema as it stands, in a tenth of the time that valibot takes: thousands of records and
 * rows have more fields than that can look at unnoticed. True only where valibot would give the value back as it is,
 * or without the extra keys of an object that is not strict; callers that get false ask valibot. The state's reader
 * and writer and the commands' side of the socket ask here first.
 */
import * as v from "valibot";

type Check = (input: unknown) => boolean;

const checks = new WeakMap<object, Check>();

export function fits(schema: v.GenericSchema, input: unknown): boolean {
  const known = checks.get(schema) ?? checkOf(schema as Known);
  checks.set(schema, known);
  return known(input);
}

/** The parts that schemas of records and answers are made of. */
type Known = v.GenericSchema & {
  readonly pipe?: readonly [Known, ...{ readonly type: string }[]];
  readonly wrapped: Known;
  readonly item: Known;
  readonly entries: Readonly<Record<string, Known>>;
  readonly options: readonly unknown[];
  readonly key: string;
  readonly literal: unknown;
  readonly default?: unknown;
};

function checkOf(schema: Known): Check {
  if (schema.pipe !== undefined) return piped(schema.pipe);
  switch (schema.type) {
    case "string":
      return (input) => typeof input === "string";
    case "boolean":
      return (input) => typeof input === "boolean";
    case "number":
      return (input) => typeof input === "number" && !Number.isNaN(input);
    case "literal":
      return (input) => input === schema.literal;
    case "picklist":
      return (input) => schema.options.includes(input);
    case "nullable":
      return orElse(null, checkOf(schema.wrapped));
    case "optional":
      return schema.default === undefined
        ? orElse(undefined, checkOf(schema.wrapped))
        : checkOf(schema.wrapped);
    case "union":
      return anyOf((schema.options as readonly Known[]).map(checkOf));
    case "array":
      return each(checkOf(schema.item));
    case "object":
      return all(schema.entries);
    case "strict_object":
      return all(schema.entries, { isStrict: true });
    case "variant":
      return oneOf(schema.key, schema.options as readonly Known[]);
    default:
      return unknown;
  }
}

/** Leaves the decision to valibot. */
const unknown: Check = () => false;

const rules: Readonly<Record<string, Check>> = {
  readonly: () => true,
  examples: () => true,
  safe_integer: Number.isSafeInteger,
};

function piped([schema, ...actions]: readonly [Known, ...{ readonly type: string }[]]): Check {
  // The first is the piped schema without its pipe.
  return actions.map(({ type }) => rules[type] ?? unknown).reduce(both, checkOf(schema));
}

function both(first: Check, second: Check): Check {
  return (input) => first(input) && second(input);
}

function orElse(value: null | undefined, check: Check): Check {
  return (input) => input === value || check(input);
}

function anyOf(checks: readonly Check[]): Check {
  return (input) => checks.some((check) => check(input));
}

function each(check: Check): Check {
  return (input) => Array.isArray(input) && input.every(check);
}

/** A strict one has no other keys: no more than have been found. */
function all(entries: Known["entries"], { isStrict = false } = {}): Check {
  const checks = Object.entries(entries).map(([key, entry]) => ({ key, check: checkOf(entry) }));
  return (input) => {
    if (typeof input !== "object" || input === null || Array.isArray(input)) return false;
    let found = 0;
    for (const { key, check } of checks) {
      const value = (input as Readonly<Record<string, unknown>>)[key];
      if (!check(value)) return false;
      if (value !== undefined) found++;
    }
    return !isStrict || Object.keys(input).length === found;
  };
}

/** By the value of a key, which is a literal in each. */
function oneOf(key: string, options: readonly Known[]): Check {
  const byValue = new Map(options.map((option) => [option.entries[key]?.literal, checkOf(option)]));
  return (input) => {
    const value = (input as Readonly<Record<string, unknown>> | null)?.[key];
    return value !== undefined && byValue.get(value)?.(input) === true;
  };
}
