/**
 * Holds a file against the schema: every problem with its place, and a draft of what could be read all the
 * same, so that the cross checks can look at the rest of a file that is wrong in one place.
 */
import * as v from "valibot";
import type { Problem } from "./config_error.ts";
import { nearestName } from "../lib/nearest_name.ts";
import { maskedValue } from "./masked_lines.ts";
import { fileProblem } from "./read_text.ts";
import { type ConfigSection, configSection } from "./schema/config_section.ts";
import { itemOf, sectionAt, traitsOf } from "./schema/section.ts";
import { formatPath, nodeAt, plainValue, positionAt, type YamlNode, type YamlPath } from "./yaml_node.ts";

/** The file as read, in which every part may be missing: it was not given, or is wrong. */
export type ConfigDraft = DeepPartial<ConfigSection>;

export type LabelDraft = NonNullable<ConfigDraft["labels"]>[number];
export type ProviderDraft = NonNullable<ConfigDraft["providers"]>[number];
export type ImageDraft = NonNullable<ProviderDraft["images"]>[number];

type DeepPartial<T> = T extends readonly (infer Item)[] ? readonly DeepPartial<Item>[]
  : T extends object ? { readonly [Key in keyof T]?: DeepPartial<T[Key]> }
  : T;

interface Validated {
  readonly draft: ConfigDraft;
  /** The same, complete; null where there are problems. */
  readonly whole: ConfigSection | null;
  readonly problems: readonly Problem[];
}

export function validateTree(root: YamlNode, file: string): Validated {
  if (root.kind !== "mapping") {
    // A text alone may be anything, such as a password's own file.
    const found = root.kind === "scalar" && typeof root.value === "string" ? "text" : describe(root, []);
    const problem = problemAt([], { root, file, message: `expected a mapping, found ${found}` });
    return { draft: {}, whole: null, problems: [problem] };
  }
  const result = v.safeParse(configSection, plainValue(root));
  if (result.success) return { draft: result.output, whole: result.output, problems: [] };
  const issues = result.issues.map(placed);
  for (const { path } of issues) remove(result.output, path);
  return { draft: result.output as ConfigDraft, whole: null, problems: distinct(issues, { root, file }) };
}

/** A problem at a path of the configuration, placed in the file. */
export function problemAt(
  path: YamlPath,
  { root, file, message, ...rest }:
    & { root: YamlNode; file: string; message: string }
    & Partial<Pick<Problem, "found" | "expected" | "suggestion" | "marks">>,
): Problem {
  const { line, column } = positionAt(root, path);
  const marks = marksOf(path, root);
  return {
    ...fileProblem(file, message),
    marks,
    ...rest,
    line,
    column,
    // A key that lacks what separates it from its value has the value in it.
    path: formatPath(path.map((step) => typeof step === "number" ? step : maskedValue(step))),
  };
}

/** A key that is missing and a whole item of a list are placed at something else. */
function marksOf(path: YamlPath, root: YamlNode): Problem["marks"] {
  const node = nodeAt(root, path);
  const isItem = typeof path.at(-1) === "number" && node?.kind === "mapping";
  return node === null || isItem || path.length === 0 ? "place" : "value";
}

interface PlacedIssue {
  readonly path: YamlPath;
  readonly kind: "unknown key" | "missing key" | "wrong value";
  readonly expected: string;
}

function placed(issue: v.BaseIssue<unknown>): PlacedIssue {
  const path = (issue.path ?? []).map((step) => step.key as string | number);
  if (issue.type === "raw_check") return { path, kind: "unknown key", expected: "" };
  if (issue.type === "loose_object") {
    const missing = issue.path?.at(-1)?.origin === "key";
    return { path, kind: missing ? "missing key" : "wrong value", expected: "a mapping" };
  }
  if (issue.type === "record") return { path, kind: "wrong value", expected: "a mapping" };
  if (issue.type === "array") return { path, kind: "wrong value", expected: "a list" };
  return { path, kind: "wrong value", expected: issue.message };
}

/** One problem a place: a list where a mapping belongs upsets every key of that mapping. */
function distinct(
  issues: readonly PlacedIssue[],
  { root, file }: { root: YamlNode; file: string },
): Problem[] {
  const problems = new Map<string, Problem>();
  for (const issue of issues) {
    const list = listInsteadOfMapping(issue.path, root);
    const real: PlacedIssue = list ? { path: list, kind: "wrong value", expected: "a mapping" } : issue;
    const problem = problemOf(real, { root, file });
    const key = `${problem.path} ${real.kind}`;
    if (!problems.has(key)) problems.set(key, problem);
  }
  return [...problems.values()];
}

function listInsteadOfMapping(path: YamlPath, root: YamlNode): YamlPath | null {
  for (let length = 0; length < path.length; length++) {
    const start = path.slice(0, length);
    if (typeof path[length] === "string" && nodeAt(root, start)?.kind === "list") return start;
  }
  return null;
}

function problemOf(issue: PlacedIssue, { root, file }: { root: YamlNode; file: string }): Problem {
  const { path } = issue;
  if (issue.kind === "unknown key") {
    const known = Object.entries(sectionAt(configSection, path.slice(0, -1)) ?? {})
      .flatMap(([key, entry]) => traitsOf(entry).former === undefined ? key : []);
    const key = String(path.at(-1));
    const joined = known.find((name) => key.startsWith(`${name}:`));
    const suggestion = joined ?? nearestName(key, known);
    const meant = [...(suggestion === null ? [] : [`"${suggestion}"`]), ...placesOf(key)];
    const hint = joined !== undefined
      ? `; write a blank after \`${joined}:\``
      : meant.length === 0
      ? `; known: ${known.join(", ")}${
        path.length > 1 ? "" : "; keys of your own, for anchors, begin with x-"
      }`
      : `; did you mean ${meant.join(" or ")}?`;
    return problemAt(path, { root, file, message: `unknown key${hint}`, suggestion, marks: "key" });
  }
  if (issue.kind === "missing key") {
    return problemAt(path, { root, file, message: "missing required key" });
  }
  const node = nodeAt(root, path);
  const found = node === null ? "nothing" : describe(node, path);
  const { expected } = issue;
  const hint = expected === "a mapping" ? writtenOut(path, { node, found }) : "";
  return problemAt(path, {
    root,
    file,
    message: `expected ${expected}, found ${found}${hint}`,
    found,
    expected,
  });
}

/** Where the file may have a key of that name: `providers[].images[].username`. */
function placesOf(key: string, schema: unknown = configSection, at = ""): readonly string[] {
  return Object.entries(sectionAt(schema, []) ?? {}).flatMap(([name, entry]) => {
    if (traitsOf(entry).former !== undefined) return [];
    const item = itemOf(entry);
    const inside = placesOf(key, item, `${at}${name}${item === entry ? "" : "[]"}.`);
    return name === key ? [`${at}${name}`, ...inside] : inside;
  });
}

/** An item of a list that is only a name, shown in full, where it is a mapping that begins with the name. */
function writtenOut(path: YamlPath, { node, found }: { node: YamlNode | null; found: string }): string {
  const isName = node?.kind === "scalar" && typeof node.value === "string" &&
    JSON.stringify(node.value) === found;
  const [key] = typeof path.at(-1) === "number" ? Object.keys(sectionAt(configSection, path) ?? {}) : [];
  return isName && key !== undefined ? `; write \`${key}: ${node.value}\`` : "";
}

function describe(node: YamlNode, path: YamlPath): string {
  if (node.kind === "mapping") return "a mapping";
  if (node.kind === "list") return "a list";
  if (isHidden(path)) return "a secret of the wrong type";
  if (node.value === null) return "nothing";
  const text = maskedValue(node.source);
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  if (typeof node.value === "boolean") return `${shown}${readAs(node.value, shown)}`;
  return typeof node.value === "string" ? JSON.stringify(shown) : shown;
}

/** `off` and `yes` look like names. */
function readAs(value: boolean, text: string): string {
  if (text === String(value)) return "";
  return `, which YAML reads as ${value}: put it in quotes if it is meant as text`;
}

function isHidden(path: YamlPath): boolean {
  const entry = sectionAt(configSection, path.slice(0, -1))?.[String(path.at(-1))];
  return entry !== undefined && traitsOf(entry).isHidden === true;
}

/** Takes a wrong value out of the draft; what is left has the right type or is missing. */
function remove(draft: unknown, path: YamlPath): void {
  let parent: unknown = draft;
  for (const step of path.slice(0, -1)) {
    if (parent === null || typeof parent !== "object") return;
    parent = (parent as Record<string | number, unknown>)[step];
  }
  if (parent === null || typeof parent !== "object" || path.length === 0) return;
  const last = path.at(-1)!;
  if (Array.isArray(parent)) parent[Number(last)] = {};
  else delete (parent as Record<string, unknown>)[last];
}
