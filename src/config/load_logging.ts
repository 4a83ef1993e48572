/**
 * The logging of a process: as the configuration's `log` says, or the file that `--logconfig` names, which is YAML
 * with `level`, `format`, `file` and `levels` (category: level), or a logging.conf of Python's. The daemon and the
 * commands that do a daemon's work read it here.
 */
import * as v from "valibot";
import type { OverruledLogKey } from "../domain/config.ts";
import { fileReason } from "../lib/file_reason.ts";
import type { LogPlan } from "../lib/log_plan.ts";
import type { LoggingOptions, PlainLog } from "../lib/logging.ts";
import { ConfigError, type Problem } from "./config_error.ts";
import { isLoggingConf, parseLoggingConf } from "./logging_conf.ts";
import { fileProblem } from "./read_text.ts";

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

interface LoadedLogging extends Pick<LogSettings, "notices"> {
  readonly logging: LoggingOptions;
  /** The keys that have no effect in `otherwise`. */
  readonly overruled: readonly OverruledLogKey[];
}

/**
 * @param path null: no file is named
 * @param options `otherwise`: what holds where the file says nothing; `debug`: everything is logged in detail
 * @throws ConfigError
 */
export async function loadLogging(
  path: string | null,
  { otherwise, debug = false }: { otherwise: PlainLog; debug?: boolean },
): Promise<LoadedLogging> {
  const { settings, notices } = path === null ? NOTHING : await loadFile(path);
  const logging = { ...otherwise, ...settings };
  const overruled = LOG_KEYS.filter((key) =>
    "loggers" in settings || settings[key] !== undefined || debug && key === "level"
  );
  return { logging: debug ? inDetail(logging) : logging, notices, overruled };
}

const LOG_KEYS = ["level", "format", "file"] as const satisfies readonly OverruledLogKey[];

function inDetail(logging: PlainLog | LogPlan): LoggingOptions {
  if (!("loggers" in logging)) return { ...logging, level: "debug" };
  return { loggers: logging.loggers.map((logger) => ({ ...logger, level: "debug" })) };
}

/** @throws ConfigError */
async function loadFile(path: string): Promise<LogSettings> {
  const text = await readWith(path, () => Deno.readTextFile(path));
  if (isLoggingConf(text)) {
    const { plan, notices } = parseLoggingConf(text, path);
    return { settings: plan, notices };
  }
  const { parse } = await import("../lib/yaml.ts");
  const parsed = v.safeParse(schema, await readWith(path, () => parse(text) ?? {}));
  if (parsed.success) return { settings: parsed.output, notices: [] };
  throw new ConfigError(
    parsed.issues.map((issue) => ({ ...fileProblem(path, issue.message), path: v.getDotPath(issue) ?? "" })),
  );
}

async function readWith<Value>(path: string, read: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    const [why] = fileReason(error).split("\n");
    const problem = fileProblem(path, `cannot read the logging configuration: ${why}`);
    throw new ConfigError([problem], { cause: error });
  }
}
