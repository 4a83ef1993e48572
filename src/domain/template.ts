/**
 * Templates such as `{label.name}-{node_id:0>10}`: fields in braces with Python's format specifications, and `{{` and
 * `}}` for braces themselves. The configuration checks them; the code that names servers and images fills them.
 */
import { type FieldValue, formatValue, plainText } from "./format_spec.ts";

interface Field {
  readonly name: string;
  readonly spec: string;
  /** `!s`: as text, whatever it is. */
  readonly asText: boolean;
  /** As it stands in the template. */
  readonly source: string;
}

/** Whether it has only these fields, each with a specification that fits text or a number. */
export function isTemplate(template: string, fields: ReadonlySet<string>): boolean {
  return parse(template)?.every((part) => typeof part === "string" || fields.has(part.name) && fits(part)) ??
    false;
}

/** Of templates that have only these fields, for the JSON Schema; it takes any specification. */
export function templatePattern(fields: ReadonlySet<string>): string {
  const names = [...fields].map((field) => field.replaceAll(".", "\\.")).join("|");
  return `^(?:[^{}]|\\{\\{|\\}\\}|\\{(?:${names})(?:!s)?(?::[^{}]*)?\\})+$`;
}

/** The names of its fields. */
export function templateFields(template: string): string[] {
  return (parse(template) ?? []).flatMap((part) => typeof part === "string" ? [] : part.name);
}

/**
 * Fills a template; fields that are not given stay as they are (the configuration has been checked).
 * @param options `upTo`: ends with that field, where the template has it
 */
export function fillTemplate(
  template: string,
  fields: Readonly<Record<string, FieldValue>>,
  { upTo }: { readonly upTo?: string } = {},
): string {
  const parts = parse(template) ?? [template];
  const last = parts.findIndex((part) => typeof part !== "string" && part.name === upTo);
  const filled = upTo === undefined ? parts : parts.slice(0, last + 1);
  return filled.map((part) => typeof part === "string" ? part : fill(part, fields)).join("");
}

function fill({ name, spec, asText, source }: Field, fields: Readonly<Record<string, FieldValue>>): string {
  if (!Object.hasOwn(fields, name)) return source;
  const value = asText ? plainText(fields[name]!) : fields[name]!;
  return formatValue(value, spec) ?? plainText(value);
}

function fits({ spec, asText }: Field): boolean {
  return formatValue("", spec) !== null || !asText && formatValue(1, spec) !== null;
}

/** Text and fields in turn; null where a brace stands alone. */
function parse(template: string): (string | Field)[] | null {
  const tokens = template.match(/\{\{|\}\}|\{[^{}]*\}|[^{}]+|[{}]/g) ?? [];
  const parts = tokens.map((token) => {
    if (token === "{" || token === "}") return null;
    if (token === "{{" || token === "}}") return token[0]!;
    return token.startsWith("{") ? fieldFrom(token) : token;
  });
  return parts.includes(null) ? null : parts as (string | Field)[];
}

function fieldFrom(source: string): Field {
  const [, name, conversion, spec = ""] = source.match(/^\{([^!:]*)(!s)?(?::(.*))?\}$/s) ?? [];
  return { name: name ?? source, spec, asText: conversion !== undefined, source };
}
