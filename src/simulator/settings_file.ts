/**
 * The simulator's settings as YAML: keys in kebab-case, times in seconds. Every problem is told with file, line
 * and path; `simulate` prints them.
 */
import * as v from "valibot";
import { LineCounter, parseDocument } from "yaml";
import { SECOND } from "../domain/time.ts";
import { type FaultRuleInput, settingsSchema, type SimulatorSettings } from "./settings.ts";

const inSeconds = settingsSchema(SECOND);
type Path = readonly (string | number)[];

/**
 * Settings from the text of a file; an empty one gives the defaults.
 * @throws Error that lists every problem as `FILE:LINE:COLUMN: PATH: what is wrong`
 */
export function parseSettings(text: string, file: string): SimulatorSettings {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const broken = document.errors.map((error) => `${place(error.pos[0])}: ${error.message}`);
  if (broken.length > 0) throw new Error(broken.join("\n"));
  const result = v.safeParse(inSeconds, camelKeys(document.toJS() ?? {}));
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => {
    const path = kebabPath(issue);
    return `${place(offsetOf(document, path))}: ${path.join(".") || "the file"}: ${whatIsWrong(issue)}`;
  });
  throw new Error(problems.join("\n"));
}

/**
 * One fault rule as a file or a control request has it.
 * @throws Error that names every wrong field
 */
export function faultRuleFromFile(value: unknown): FaultRuleInput {
  const result = v.safeParse(inSeconds.entries.faults, [camelKeys(value)]);
  if (result.success) return result.output[0]!;
  const problems = result.issues.map((issue) =>
    `${kebabPath(issue).slice(1).join(".")}: ${whatIsWrong(issue)}`
  );
  throw new Error(`the fault rule cannot be used: ${problems.join("; ")}`);
}

/** Keys below these are the user's own words. */
const OWN_KEYS = new Set(["properties", "extra-specs"]);

function camelKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [camel(key), OWN_KEYS.has(key) ? inner : camelKeys(inner)]),
  );
}

/** A key with capitals is no key of the file: marked, it stays one that the schema does not know. */
function camel(key: string): string {
  if (/[A-Z]/.test(key)) return CAPITALS + key;
  return key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

const CAPITALS = "capitals: ";

function kebabPath(issue: v.BaseIssue<unknown>): Path {
  return (issue.path ?? []).map(({ key }) => typeof key === "number" ? key : kebab(String(key)));
}

function kebab(key: string): string {
  if (key.startsWith(CAPITALS)) return key.slice(CAPITALS.length);
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function whatIsWrong(issue: v.BaseIssue<unknown>): string {
  if (issue.expected !== "never") return issue.message;
  const capitals = String(issue.path?.at(-1)?.key).startsWith(CAPITALS);
  return capitals ? "unknown key; keys are written in small letters with dashes" : "unknown key";
}

/** Where in the file the path is, or the nearest part of it that is there. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as { range?: readonly number[] } | undefined;
    if (node?.range !== undefined) return node.range[0]!;
  }
  return 0;
}
