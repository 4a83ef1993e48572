/**
 * Sets up LogTape for the process and sends its records where a plan says. Called once by the daemon; everything else
 * only asks LogTape for its logger.
 */
import { configure, getLogger, type LogLevel, type LogRecord, reset } from "@logtape/logtape";
import { type Clock, systemClock } from "./clock.ts";
import type { LogCategory } from "./log_category.ts";
import { LogLimiter } from "./log_limiter.ts";
import { isUnlimited } from "./log_lines.ts";
import { LogOutputs } from "./log_outputs.ts";
import { handlersFor, type LogPlan, lowestLevel } from "./log_plan.ts";

/** One place for all lines. */
export interface PlainLog {
  readonly level: LogLevel;
  /** Levels of single categories, e.g. `nodepool.stack_dump`. */
  readonly levels?: Readonly<Record<string, LogLevel>>;
  /** null: text on a terminal, JSON lines otherwise. */
  readonly format: "text" | "json" | null;
  /** Path, appended to; null: standard error. */
  readonly file: string | null;
}

export type LoggingOptions = (PlainLog | LogPlan) & { readonly clock?: Clock };

/** How often what was omitted is looked for. */
const LOOK = 5_000;

/**
 * Sends log records where the options say, until it is disposed of.
 * @throws LogFileError where a file cannot be opened
 */
export async function startLogging(
  { clock = systemClock, ...options }: LoggingOptions,
): Promise<AsyncDisposable> {
  const plan = "loggers" in options ? options : planOf(options);
  const outputs = new LogOutputs(plan);
  const limiter = new LogLimiter(clock);
  const writeAll = (records: readonly LogRecord[]) => {
    for (const record of records) outputs.write(record);
  };
  await configure({
    reset: true,
    sinks: {
      output: (record: LogRecord) => writeAll(isUnlimited(record) ? [record] : limiter.admit(record)),
    },
    loggers: [
      { category: ["nodepool"], sinks: ["output"], lowestLevel: lowestLevel(plan) },
      { category: ["logtape", "meta"], sinks: ["output"], lowestLevel: "error" },
    ],
  });
  const stop = new AbortController();
  const telling = (async () => {
    while (await clock.sleep(LOOK, { signal: stop.signal }).then(() => true, () => false)) {
      writeAll(limiter.tell());
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await telling;
      await reset();
      writeAll(limiter.tell({ all: true }));
      outputs[Symbol.dispose]();
    },
  };
}

/** Whether whoever looks at standard error sees the worst lines of the category there. */
export function isOnStderr(options: LoggingOptions, category: LogCategory): boolean {
  const plan = "loggers" in options ? options : planOf(options);
  return handlersFor(plan, `nodepool.${category}`, "fatal").some(({ to }) => to === "stderr");
}

function planOf({ level, levels = {}, format, file }: PlainLog): LogPlan {
  const to = file === null ? "stderr" : { file, mode: 0o600, truncate: false };
  const root = { name: "", level, handlers: [{ to, level: null, format }], propagate: true } as const;
  const others = Object.entries(levels).map(([name, level]) => ({
    name,
    level,
    handlers: [],
    propagate: true,
  }));
  return { loggers: [root, ...others] };
}

/** The logger of a category under `nodepool`. */
export function loggerOf(category: LogCategory, ...names: string[]) {
  return getLogger(["nodepool", category, ...names]);
}
