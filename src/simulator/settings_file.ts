/**
 * The simulator's settings as YAML: keys in kebab-case, times in seconds. Every problem is reported with file, line
 * and path; `simulate` prints them.
 */
import * as v from "valibot";
import { ConfigError, type Problem } from "../config/config_error.ts";
import { fileProblem } from "../config/read_text.ts";
import { readYaml } from "../config/read_yaml.ts";
import { formatPath, plainValue, positionAt, type YamlPath } from "../config/yaml_node.ts";
import { SECOND } from "../domain/time.ts";
import {
  completeSettings,
  type FaultRuleInput,
  settingsSchema,
  type SimulatorSettings,
  unusable,
} from "./settings.ts";
import { settingsProblems } from "./settings_check.ts";

const inSeconds = settingsSchema(SECOND);

/**
 * Settings from the text of a file; an empty one gives the defaults.
 * @throws ConfigError that lists every problem as `FILE:LINE:COLUMN: PATH: what is wrong`
 */
export function parseSettings(text: string, file: string): SimulatorSettings {
  if (text.split("\n").every((line) => /^\s*(#|$)/.test(line))) return completeSettings({});
  const { root, problems } = readYaml(text, file);
  if (root === null) throw new ConfigError(problems);
  const tell = (path: YamlPath, message: string): Problem => {
    const { line, column } = positionAt(root, path);
    return { ...fileProblem(file, message), line, column, path: formatPath(path) };
  };
  if (root.kind !== "mapping") throw new ConfigError([tell([], "expected settings, `KEY: VALUE`")]);
  const result = v.safeParse(inSeconds, camelKeys(plainValue(root)));
  const found = result.success
    ? settingsProblems(result.output).map(({ path, message }) => tell(path, message))
    : result.issues.map((issue) => tell(kebabPath(issue), whatIsWrong(issue)));
  if (!result.success || found.length > 0) throw new ConfigError(found);
  return result.output;
}

/**
 * One fault rule as a file or a control request has it.
 * @throws Error that names every wrong field
 */
export function faultRuleFromFile(value: unknown): FaultRuleInput {
  const result = v.safeParse(inSeconds.entries.faults, [camelKeys(value)]);
  if (result.success) return result.output[0]!;
  const problems = result.issues.map((issue) => ({
    path: kebabPath(issue).slice(1),
    message: whatIsWrong(issue),
  }));
  throw unusable("the fault rule", problems);
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

function kebabPath(issue: v.BaseIssue<unknown>): YamlPath {
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
