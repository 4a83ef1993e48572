/**
 * The logging of a process: as the configuration's `log` says, or the file that `--logconfig` names, which is YAML
 * with `level`, `format`, `file` and `levels` (category: level), or a logging.conf of Python's. The daemon and the
 * commands that do a daemon's work read it here.
 */
import * as v from "valibot";
import { fileReason } from "../lib/file_reason.ts";
import type { LogPlan } from "../lib/log_plan.ts";
import type { LoggingOptions, PlainLog } from "../lib/logging.ts";
import { ConfigError, type Problem } from "./config_error.ts";
import { denoEnvironment } from "./deno_environment.ts";
import { expandHome } from "./environment.ts";
import { isLoggingConf, parseLoggingConf } from "./logging_conf.ts";
import { fileProblem, isBlankYaml, readLooseText } from "./read_text.ts";
import { formatPath, plainValue, positionAt, type YamlNode } from "./yaml_node.ts";

const level = v.picklist(["debug", "info", "warning", "error"]);
const schema = v.strictObject({
  level: v.optional(level),
  format: v.optional(v.picklist(["text", "json"])),
  file: v.optional(v.string()),
  levels: v.optional(v.record(v.pipe(v.string(), v.startsWith("nodepool")), level)),
});

interface LogSettings {
  readonly settings: Partial<PlainLog> | LogPlan;
  /** The entries of the file that have no effect. */
  readonly notices: readonly Problem[];
}

const NOTHING: LogSettings = { settings: {}, notices: [] };

/**
 * @param path null: no file is named
 * @param options `otherwise`: what holds where the file says nothing; `debug`: everything is logged in detail
 * @throws ConfigError
 */
export async function loadLogging(
  path: string | null,
  { otherwise, debug = false }: { otherwise: PlainLog; debug?: boolean },
): Promise<Pick<LogSettings, "notices"> & { readonly logging: LoggingOptions }> {
  const { settings, notices } = path === null ? NOTHING : await loadFile(path);
  const logging = { ...otherwise, ...settings };
  const overruled = LOG_KEYS.filter((key) =>
    "loggers" in settings || settings[key] !== undefined || debug && key === "level"
  );
  return { logging: { ...debug ? inDetail(logging) : logging, overruled }, notices };
}

const LOG_KEYS = ["level", "format", "file"] as const;

function inDetail(logging: PlainLog | LogPlan): LoggingOptions {
  if (!("loggers" in logging)) return { ...logging, level: "debug" };
  return { loggers: logging.loggers.map((logger) => ({ ...logger, level: "debug" })) };
}

/** @throws ConfigError */
async function loadFile(path: string): Promise<LogSettings> {
  const text = await readLooseText(path, denoEnvironment).catch((error) => {
    const problem = fileProblem(path, `cannot read the logging configuration: ${fileReason(error)}`);
    throw new ConfigError([problem], { cause: error });
  });
  if (isLoggingConf(text)) {
    const { plan, notices } = parseLoggingConf(text, path);
    return { settings: plan, notices };
  }
  if (isBlankYaml(text)) return NOTHING;
  const { readYaml } = await import("./read_yaml.ts");
  const { root, problems } = readYaml(text, path);
  if (root === null) throw new ConfigError(problems);
  if (root.kind !== "mapping") throw new ConfigError([fileProblem(path, "expected a mapping")]);
  const parsed = v.safeParse(schema, plainValue(root));
  if (parsed.success) {
    const { file, ...settings } = parsed.output;
    const whole = file !== undefined && { file: expandHome(file, denoEnvironment) };
    return { settings: { ...settings, ...whole }, notices: [] };
  }
  throw new ConfigError(parsed.issues.map((issue) => problemOf(issue, { root, file: path })));
}

function problemOf(issue: v.BaseIssue<unknown>, { root, file }: { root: YamlNode; file: string }): Problem {
  const path = (issue.path ?? []).map(({ key }) => String(key));
  const isUnknown = issue.type === "strict_object";
  const expected = EXPECTED[issue.type] ??
    `one of ${issue.expected?.replaceAll(/[("]|"?\)/g, "").replaceAll(" | ", ", ")}`;
  const message = isUnknown
    ? `unknown key; known: ${Object.keys(schema.entries).join(", ")}`
    : `expected ${expected}, found ${FOUND[issue.received] ?? issue.received}`;
  return { ...fileProblem(file, message), ...positionAt(root, path), path: formatPath(path) };
}

/** By valibot's name of the check. */
const EXPECTED: Readonly<Record<string, string>> = {
  string: "text",
  record: "a mapping",
  starts_with: "a category, which begins with nodepool",
};
const FOUND: Readonly<Record<string, string>> = { Array: "a list", Object: "a mapping", null: "nothing" };
