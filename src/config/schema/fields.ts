/**
 * The building blocks of the sections' schemas: one kind of value each, with the words for what is expected. YAML is
 * typed by what a text looks like, so numbers are taken as text and text as numbers wherever that loses nothing.
 */
import { isTemplate, templatePattern } from "../../domain/template.ts";
import { DURATION_PATTERN, LONGEST_TIME, parseDuration, SECOND } from "../../domain/time.ts";
import * as v from "valibot";
import { NUMBER_PATTERN, numberFrom } from "../yaml_scalar.ts";
import { type Traits, withTraits } from "./section.ts";

/** The types of a YAML scalar before it is checked. */
type Plain = string | number | boolean;

/**
 * A value of one YAML scalar. The issue's message says what is expected. `json` is what editors can know of it.
 * @param parse gives undefined for what is not such a value
 */
export function scalar<Output>(
  expected: string,
  { json, parse, traits = {} }: {
    json: Record<string, unknown>;
    parse: (input: unknown) => Output | undefined;
    traits?: Traits;
  },
): v.GenericSchema<Plain, Output> {
  return v.pipe(
    v.unknown(),
    v.metadata("pattern" in json ? { ...json, patternErrorMessage: `Expected ${expected}.` } : json),
    withTraits(traits),
    v.rawTransform<unknown, Output>(({ dataset, addIssue, NEVER }) => {
      const parsed = parse(dataset.value);
      if (parsed !== undefined) return parsed;
      addIssue({ message: expected });
      return NEVER;
    }),
  ) as v.GenericSchema<Plain, Output>;
}

const ANY_TEXT = { type: ["string", "number"] };
const TEXT = { ...ANY_TEXT, minLength: 1 };

/** Text that is not empty. A number or an unquoted date is taken as it is written. */
export function text(expected = "text", json: Record<string, unknown> = {}) {
  return scalar(expected, { json: { ...TEXT, ...json }, parse: textFrom });
}

/** A path; not what stands in the file, such as a key. @param paths whether there may be several, with colons between */
export function path(
  expected = "a path",
  { json = {}, paths = "one" }: Pick<Traits, "paths"> & { json?: object } = {},
) {
  const isPath = (input: unknown) => typeof input !== "string" || !/[\r\n]|-----BEGIN /.test(input);
  return scalar(expected, {
    json: { ...TEXT, ...json },
    parse: (input) => isPath(input) ? textFrom(input) : undefined,
    traits: { paths },
  });
}

/** Text of any length, the empty one included. */
function anyTextFrom(input: unknown): string | undefined {
  return input === "" ? "" : textFrom(input);
}

/** Text that is never shown, the empty one included; a file that has it should not be everybody's to read. */
export function secret() {
  return hidden({ isSecret: true });
}

/** Text that is never shown, in whatever file it stands. */
export function hidden({ isSecret = false }: { isSecret?: boolean } = {}) {
  const json = { ...ANY_TEXT, writeOnly: true };
  return scalar("text", { json, parse: anyTextFrom, traits: { isHidden: true, isSecret } });
}

function textFrom(input: unknown): string | undefined {
  if (typeof input === "number") return String(input);
  return typeof input === "string" && input !== "" ? input : undefined;
}

/** A name that stands in hostnames, metadata and tables: no blanks at its ends, nothing unprintable. */
export function nameText() {
  const expected = "a name (printable, without blanks at its ends)";
  return scalar(expected, { json: { ...TEXT, pattern: NAME_PATTERN }, parse: nameFrom });
}

const PRINTABLE = "[^\\u0000-\\u001f\\u007f]";
const NO_BLANK = "[^\\s\\u0000-\\u001f\\u007f]";
const NAME_PATTERN = `^${NO_BLANK}(?:${PRINTABLE}*${NO_BLANK})?$`;

function nameFrom(input: unknown): string | undefined {
  const name = textFrom(input);
  return name !== undefined && new RegExp(NAME_PATTERN).test(name) ? name : undefined;
}

/** @param instead an address for a word that may stand in its place */
export function url(instead: Readonly<Record<string, string>> = {}) {
  const pattern = ["^https?://[^\\s/]", ...Object.keys(instead).map((word) => `^${word}$`)].join("|");
  return scalar("an http:// or https:// address", {
    json: { type: "string", pattern },
    parse(input) {
      if (typeof input !== "string" || !new RegExp(pattern).test(input)) return undefined;
      const address = instead[input] ?? input;
      return URL.canParse(address) ? address : undefined;
    },
  });
}

/**
 * A whole number between two bounds, both included.
 * @param bounds `orLess`: what is less is read all the same, and means the least
 */
export function integer(
  { min, max = Number.MAX_SAFE_INTEGER, orLess = false }: { min: number; max?: number; orLess?: boolean },
) {
  const range = max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `${min} to ${max}`;
  const json = {
    type: ["integer", "string"],
    pattern: `^\\s*(?:${NUMBER_PATTERN})\\s*$`,
    ...(!orLess && { minimum: min }),
    ...(max < Number.MAX_SAFE_INTEGER && { maximum: max }),
  };
  const parse = (input: unknown) => {
    const number = numberOf(input);
    return number !== undefined && Number.isSafeInteger(number) && (number >= min || orLess) && number <= max
      ? number
      : undefined;
  };
  return scalar(`a whole number, ${range}`, { json, parse });
}

/** true or false, also as the text of one. */
export function flag() {
  return scalar("true or false", { json: FLAG, parse: flagFrom });
}

/** An editor takes `yes` for text. */
const FLAG = {
  type: ["boolean", "string"],
  pattern: "^(?:[Tt][Rr][Uu][Ee]|[Yy][Ee][Ss]|[Oo][Nn]|[Ff][Aa][Ll][Ss][Ee]|[Nn][Oo]|[Oo][Ff][Ff])$",
};

function flagFrom(input: unknown): boolean | undefined {
  if (typeof input === "boolean") return input;
  const word = typeof input === "string" ? input.toLowerCase() : "";
  if (["true", "yes", "on"].includes(word)) return true;
  return ["false", "no", "off"].includes(word) ? false : undefined;
}

export function oneOf<const Word extends string>(words: readonly Word[]) {
  const parse = (input: unknown) => words.find((word) => word === input);
  return scalar(`one of ${words.join(", ")}`, { json: { enum: words }, parse });
}

/** A length of time: a number is seconds; text has units, e.g. `30s`, `5m`, `8h`, `1d`, `1h30m`. In milliseconds. */
export function duration() {
  return durationAs(durationFrom);
}

/** The same, where 0 stands for none. */
export function durationOrNone() {
  return durationAs((input) => durationFrom(input) === 0 ? null : durationFrom(input));
}

function durationAs<Output>(parse: (input: unknown) => Output | undefined) {
  const json = {
    type: ["number", "string"],
    minimum: 0,
    maximum: LONGEST_TIME / SECOND,
    pattern: `^\\s*(?:${NUMBER_PATTERN}|${DURATION_PATTERN})\\s*$`,
  };
  const expected = "a duration: seconds, or a text such as 30s, 5m, 8h or 1d";
  return scalar(expected, { json, parse, traits: { isDuration: true } });
}

function durationFrom(input: unknown): number | undefined {
  const text = numberOf(input) ?? input;
  return typeof text === "object" ? undefined : parseDuration(`${text}`.trim()) ?? undefined;
}

function numberOf(input: unknown): number | undefined {
  if (typeof input === "number") return input;
  return typeof input === "string" ? numberFrom(input.trim()) ?? undefined : undefined;
}

/** A template of which only these fields may stand in braces, with Python's format specifications. */
export function template(fields: ReadonlySet<string>) {
  const names = [...fields].map((field) => field.replace(/\..*/, ".…"));
  const shown = [...new Set(names)].map((field) => `{${field}}`).join(", ");
  const parse = (input: unknown) =>
    typeof input === "string" && input !== "" && isTemplate(input, fields) ? input : undefined;
  return scalar(`a template whose only fields are ${shown}`, {
    json: { type: "string", pattern: templatePattern(fields) },
    parse,
  });
}

/** Entries whose names are the user's own, with text as values. What is no mapping is ignored, as in 2016. */
export function textMap() {
  const value = scalar("text (put it in quotes)", { json: ANY_TEXT, parse: anyTextFrom });
  const isMapping = (input: unknown) => input !== null && typeof input === "object" && !Array.isArray(input);
  return v.nullish(
    v.pipe(
      v.unknown(),
      v.metadata({ additionalProperties: ANY_TEXT }),
      withTraits({ isFree: true }),
      v.transform((input) => isMapping(input) ? input : {}),
      v.record(v.string(), value),
    ),
    {},
  );
}

/** Entries whose names are the user's own, with amounts as values: numbers from 0. */
export function amountMap() {
  const json = { type: ["number", "string"], minimum: 0, pattern: `^\\s*(?:${NUMBER_PATTERN})\\s*$` };
  const parse = (input: unknown) => {
    const number = numberOf(input);
    return number !== undefined && Number.isFinite(number) && number >= 0 ? number : undefined;
  };
  return v.pipe(
    v.unknown(),
    v.metadata({ type: "object", additionalProperties: json }),
    withTraits({ isFree: true }),
    v.record(v.string(), scalar("a number, at least 0", { json, parse })),
  );
}

/** Scalars of one kind: one of them alone, or a list without repetitions. */
export function oneOrMore<Output>(
  expected: string,
  { json, parse }: { json: Record<string, unknown>; parse: (input: unknown) => Output | undefined },
) {
  const parseAll = (input: unknown) => {
    const all = (Array.isArray(input) ? input : [input]).map(parse);
    const isList = all.length > 0 && new Set(all.map((one) => JSON.stringify(one))).size === all.length;
    return isList && all.every((one) => one !== undefined) ? all : undefined;
  };
  const either = { anyOf: [json, { type: "array", items: json, minItems: 1, uniqueItems: true }] };
  return scalar(expected, { json: either, parse: parseAll });
}

/** A list; one with nothing in it may be left empty. @param description for the JSON Schema, as everywhere below */
export function list<const Item extends v.GenericSchema>(item: Item, description: string) {
  return described(v.nullish(v.array(item), []), description);
}

/** A key that Nodepool once had: whatever stands there has no effect. `why` says so, and what is there instead. */
export function former(why: string) {
  return v.pipe(
    v.optional(v.unknown()),
    v.metadata({ deprecated: true }),
    withTraits({ former: why }),
    v.description(`No effect: ${why}.`),
  );
}

export function described<const Schema extends v.GenericSchema>(schema: Schema, description: string) {
  return v.pipe(schema, v.description(description));
}

/** A key that may be missing; `fallback` is then read as if it stood in the file. */
export function optional<Output>(
  schema: v.GenericSchema<Plain, Output>,
  fallback: Plain,
  description: string,
) {
  return described(v.optional(schema, fallback), description);
}

/** A key that may be missing, or have nothing behind it, and then has no value. */
export function maybe<Output>(schema: v.GenericSchema<Plain, Output>, description: string) {
  const nullish = v.pipe(
    v.nullish(schema),
    v.transform((value) => value ?? undefined),
    v.description(description),
  );
  return nullish as unknown as v.OptionalSchema<v.GenericSchema<Plain, Output>, undefined>;
}
