/**
 * Whether a value fits its schema unchanged, in a tenth of the time that valibot takes: thousands of records and
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

/** The keys of an object in their order, and what is known of all objects that have the same. */
interface Shape {
  readonly keys: readonly string[];
  readonly checks: readonly Check[];
  /** Whether a key that is needed is missing, or there is one that may not be. */
  readonly isOdd: boolean;
}

/** Shapes that are kept of a kind; records of one table have a few. */
const SHAPES = 8;

/** A strict one has no other keys. To look each key up takes longer than to check its value: it is done once a shape. */
function all(entries: Known["entries"], { isStrict = false } = {}): Check {
  const checks = new Map(Object.entries(entries).map(([key, entry]) => [key, checkOf(entry)]));
  const shapes: Shape[] = [];
  const learn = (input: object): Shape => {
    const keys = Object.keys(input);
    const others = keys.filter((key) => !checks.has(key));
    const missing = [...checks].filter(([key, check]) => !keys.includes(key) && !check(undefined));
    const isOdd = missing.length > 0 || isStrict && others.length > 0;
    const shape = { keys, checks: keys.map((key) => checks.get(key) ?? anything), isOdd };
    shapes.splice(0, shapes.length === SHAPES ? SHAPES : 0, shape);
    return shape;
  };
  return (input) => {
    if (typeof input !== "object" || input === null || Array.isArray(input)) return false;
    for (const shape of shapes) if (hasKeys(input, shape)) return fitsShape(input, shape);
    return fitsShape(input, learn(input));
  };
}

function fitsShape(input: object, { checks, isOdd }: Shape): boolean {
  if (isOdd) return false;
  let at = 0;
  for (const key in input) {
    if (!checks[at++]!((input as Readonly<Record<string, unknown>>)[key])) return false;
  }
  return true;
}

const anything: Check = () => true;

function hasKeys(input: object, { keys }: Shape): boolean {
  let at = 0;
  for (const key in input) {
    if (keys[at++] !== key) return false;
  }
  return at === keys.length;
}

/** By the value of a key, which is a literal in each. */
function oneOf(key: string, options: readonly Known[]): Check {
  const byValue = new Map(options.map((option) => [option.entries[key]?.literal, checkOf(option)]));
  return (input) => {
    const value = (input as Readonly<Record<string, unknown>> | null)?.[key];
    return value !== undefined && byValue.get(value)?.(input) === true;
  };
}
