/**
 * A logging.conf as Python's `logging.config.fileConfig` reads it, as far as it means something here: loggers with
 * their levels, handlers that write to files and streams, formatters. Settings that mean nothing here get a notice
 * each, and lose no line; what Python would refuse is refused.
 */
import type { LogLevel } from "@logtape/logtape";
import { isLogCategory } from "../lib/log_category.ts";
import type { LogFormat, LogHandler, LogPlan, LogTreeLogger } from "../lib/log_plan.ts";
import { emptyFields } from "../lib/python_format.ts";
import { ConfigError, type Problem } from "./config_error.ts";
import { handlerTarget } from "./logging_conf_handler.ts";
import { type Ini, type IniFault, readIni, valueOf } from "./read_ini.ts";
import { fileProblem } from "./read_text.ts";

interface LoggingConf {
  readonly plan: LogPlan;
  readonly notices: readonly Problem[];
}

/** Whether the text is INI, and not YAML: its first line that says something is a section's name. */
export function isLoggingConf(text: string): boolean {
  const first = text.split(/\r?\n/).find((line) => !/^\s*([#;].*)?$/.test(line)) ?? "";
  return /^\[[^\],]+\]/.test(first);
}

/** @throws ConfigError with every problem */
export function parseLoggingConf(text: string, file: string): LoggingConf {
  const reader = new ConfReader(readIni(text));
  const plan = reader.plan();
  const placed = ({ line, message }: IniFault) => ({ ...fileProblem(file, message), line, column: 1 });
  const inOrder = (faults: readonly IniFault[]) => faults.toSorted((a, b) => a.line - b.line).map(placed);
  if (reader.errors.length > 0) throw new ConfigError(inOrder(reader.errors));
  return { plan, notices: inOrder(reader.notices) };
}

const LEVELS: Readonly<Record<string, LogLevel | null>> = {
  NOTSET: null,
  DEBUG: "debug",
  INFO: "info",
  WARN: "warning",
  WARNING: "warning",
  ERROR: "error",
  CRITICAL: "fatal",
  FATAL: "fatal",
};

/** Where a formatter names no format, and a handler no formatter. */
const BARE = { format: "%(message)s", datefmt: null };

class ConfReader {
  readonly errors: IniFault[];
  readonly notices: IniFault[];
  readonly #ini: Ini;

  constructor(ini: Ini) {
    this.#ini = ini;
    this.errors = [...ini.errors];
    this.notices = [...ini.repeats];
  }

  plan(): LogPlan {
    const formats = new Map(this.#named("formatter").map((name) => [name, this.#format(name)]));
    const handlers = new Map(this.#named("handler").map((name) => [name, this.#handler(name, formats)]));
    const names = this.#named("logger");
    if (!names.includes("root")) {
      this.#error("loggers", 'missing logger "root": add it to the keys');
    }
    return { loggers: names.map((name) => this.#logger(name, handlers)) };
  }

  /**
   * The names in `[loggers]` and its like, each with a section of its own; sections that it leaves out are reported.
   */
  #named(kind: "logger" | "handler" | "formatter"): string[] {
    const list = this.#get(`${kind}s`, "keys");
    if (list === null) this.#error(`${kind}s`, `missing [${kind}s] with "keys"`);
    const names = wordsOf(list);
    for (const { name, line } of this.#ini.sections.values()) {
      const own = name.startsWith(`${kind}_`) ? name.slice(kind.length + 1) : null;
      if (own !== null && !names.includes(own)) {
        this.notices.push({
          line,
          message: `[${name}] has no effect: "${own}" is not among the keys of [${kind}s]`,
        });
      }
    }
    return names.filter((name) => {
      if (this.#ini.sections.has(`${kind}_${name}`)) return true;
      this.#error(`${kind}s`, `there is no section [${kind}_${name}]`, "keys");
      return false;
    });
  }

  #format(name: string): LogFormat {
    const section = `formatter_${name}`;
    const [format, datefmt] = [this.#raw(section, "format"), this.#raw(section, "datefmt")];
    const style = this.#raw(section, "style");
    if ((style ?? "%") !== "%") {
      this.#notice(
        section,
        `style "${style}" is not supported: lines have the format set under \`log\``,
        "style",
      );
      return null;
    }
    if (!/^((logging\.)?Formatter)?$/.test(this.#raw(section, "class") ?? "")) {
      this.#notice(section, "custom classes are not supported: only the format is used", "class");
    }
    const empty = emptyFields(format ?? "");
    if (empty.length > 0) {
      this.#notice(
        section,
        `no value for ${empty.join(", ")}: a dash or 0 is printed instead`,
        "format",
      );
    }
    return { format: format || BARE.format, datefmt: datefmt || BARE.datefmt };
  }

  #handler(name: string, formats: ReadonlyMap<string, LogFormat>): LogHandler {
    const section = `handler_${name}`;
    const formatter = this.#get(section, "formatter");
    if (formatter && !formats.has(formatter)) {
      this.#error(section, `there is no formatter "${formatter}"`, "formatter");
    }
    const level = this.#level(section);
    return { to: this.#target(section), level: level ?? null, format: formats.get(formatter ?? "") ?? BARE };
  }

  #target(section: string): LogHandler["to"] {
    const name = this.#get(section, "class");
    if (name === null) {
      this.#error(section, 'missing "class"');
      return null;
    }
    const [args, kwargs] = [this.#get(section, "args"), this.#get(section, "kwargs")];
    const { to, error, notice } = handlerTarget(name, { args, kwargs });
    if (error !== undefined) this.#error(section, error, "args");
    if (notice !== undefined) this.#notice(section, notice, "class");
    return to;
  }

  #logger(key: string, handlers: ReadonlyMap<string, LogHandler>): LogTreeLogger {
    const section = `logger_${key}`;
    const name = key === "root" ? "" : this.#get(section, "qualname");
    if (name === null) this.#error(section, 'missing "qualname": the name that lines are logged under');
    else if (name !== "" && !isLogCategory(name)) {
      this.#notice(section, `has no effect: nothing logs as "${name}"`, "qualname");
    }
    const level = this.#level(section);
    return {
      name: name ?? "",
      // Python's root has a level of its own where it is given none; NOTSET lets all through.
      level: level === undefined ? null : level ?? (key === "root" ? "trace" : null),
      handlers: this.#handlersOf(section, handlers),
      propagate: this.#get(section, "propagate") !== "0",
    };
  }

  #handlersOf(section: string, handlers: ReadonlyMap<string, LogHandler>): readonly LogHandler[] {
    const list = this.#get(section, "handlers");
    if (list === null) this.#error(section, 'missing "handlers"; it may be empty');
    return wordsOf(list).flatMap((name) => {
      const handler = handlers.get(name);
      if (handler === undefined) this.#error(section, `there is no handler "${name}"`, "handlers");
      return handler ?? [];
    });
  }

  /** undefined: none is given; null: NOTSET. */
  #level(section: string): LogLevel | null | undefined {
    const level = this.#get(section, "level");
    if (!level) return undefined;
    if (Object.hasOwn(LEVELS, level)) return LEVELS[level];
    const known = Object.keys(LEVELS).join(", ");
    this.#error(section, `"${level}" is not a level; the levels are ${known}`, "level");
    return undefined;
  }

  #get(section: string, key: string): string | null {
    const value = valueOf(this.#ini, section, key);
    if (value === null) this.#error(section, `"${key}" refers with %(…)s to a key that does not exist`, key);
    return value?.trim() ?? null;
  }

  /** As it stands there: formats have %(…)s of their own. */
  #raw(section: string, key: string): string | null {
    return this.#ini.sections.get(section)?.options.get(key)?.value ?? null;
  }

  #error(section: string, message: string, key?: string): void {
    this.errors.push({ line: this.#line(section, key), message: `[${section}]: ${message}` });
  }

  #notice(section: string, message: string, key?: string): void {
    this.notices.push({ line: this.#line(section, key), message: `[${section}]: ${message}` });
  }

  #line(section: string, key?: string): number {
    const found = this.#ini.sections.get(section);
    return found?.options.get(key ?? "")?.line ?? found?.line ?? 1;
  }
}

function wordsOf(list: string | null): string[] {
  return (list ?? "").split(",").map((word) => word.trim()).filter((word) => word !== "");
}
