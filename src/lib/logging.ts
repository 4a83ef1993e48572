/**
 * Sets up LogTape for the process and sends its records where a plan says. Called once by the daemon; everything else
 * only asks LogTape for its logger.
 */
import { configure, getLogger, type LogLevel, type LogRecord, reset } from "@logtape/logtape";
import { type Clock, sleptThrough, systemClock } from "./clock.ts";
import { LOG_CATEGORIES, type LogCategory } from "./log_category.ts";
import { LogLevels } from "./log_levels.ts";
import { LogLimiter } from "./log_limiter.ts";
import { isUnlimited, withContext } from "./log_lines.ts";
import { LogOutputs } from "./log_outputs.ts";
import { handlersFor, levelOf, type LogPlan } from "./log_plan.ts";
import { type LevelWish, shortCategory } from "./log_spec.ts";

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

export type LoggingOptions = (PlainLog | LogPlan) & {
  readonly clock?: Clock;
  /** Levels that win over those of the plan, as long as the process runs. */
  readonly set?: readonly LevelWish[];
  /** The configuration's keys in whose place an option of this process decides; left out: none. */
  readonly overruled?: readonly string[];
};

/** How often what was omitted is looked for, levels whose time is over, and files that were moved. */
const LOOK = 5_000;

interface CategoryLevel {
  /** As `nodepool.cloud`; `nodepool`: whatever has no level of its own. */
  readonly category: string;
  readonly level: LogLevel;
  readonly configured: LogLevel;
  /** Milliseconds until it is as configured again; null: it is, or no time is set. */
  readonly remaining: number | null;
}

/** The log of this process, while it is being written. */
export interface Logging extends AsyncDisposable, Pick<LoggingOptions, "overruled"> {
  readonly levels: LogLevels;
  /** All categories, and those below one that were set. */
  list(): readonly CategoryLevel[];
  /** Opens files again that were moved. */
  reopen(): void;
  /** Why lines do not reach their place, one for each file where they do not. */
  readonly problems: readonly string[];
}

/**
 * Sends log records where the options say, until it is disposed of.
 * @throws Error where a file cannot be opened
 */
export async function startLogging(
  { clock = systemClock, set = [], ...options }: LoggingOptions,
): Promise<Logging> {
  const plan = "loggers" in options ? options : planOf(options);
  const levels = new LogLevels(clock);
  for (const { category, level } of set) levels.set(category, { level });
  const outputs = new LogOutputs(plan, { clock, levels });
  const limiter = new LogLimiter(clock);
  const writeAll = (records: readonly LogRecord[]) => {
    for (const record of records) outputs.write(record);
  };
  const output = (record: LogRecord) => {
    if (!outputs.takes(record)) return;
    const told = withContext(record);
    writeAll(isUnlimited(told) ? [told] : limiter.admit(told));
  };
  await configure({
    reset: true,
    sinks: { output },
    loggers: [
      // Which lines are written is decided by the plan, and by levels that change.
      { category: ["nodepool"], sinks: ["output"], lowestLevel: "trace" },
      { category: ["logtape", "meta"], sinks: ["output"], lowestLevel: "error" },
    ],
  });
  const stop = new AbortController();
  const looking = (async () => {
    while (await sleptThrough(clock, LOOK, stop)) {
      writeAll(limiter.tell());
      outputs.reopen();
      for (const category of levels.expire()) {
        loggerOf("daemon").info("the level of {name} is as configured again", {
          name: shortCategory(category),
        });
      }
    }
  })();
  return {
    levels,
    overruled: options.overruled,
    list: () => listLevels(plan, levels),
    reopen: () => outputs.reopen(),
    get problems() {
      return outputs.problems;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await looking;
      await reset();
      writeAll(limiter.tell({ all: true }));
      outputs[Symbol.dispose]();
    },
  };
}

function listLevels(plan: LogPlan, levels: LogLevels): readonly CategoryLevel[] {
  const set = new Map(levels.list().map((one) => [one.category, one]));
  const names = ["nodepool", ...LOG_CATEGORIES.map((name) => `nodepool.${name}`)];
  return [...new Set([...names, ...set.keys()])].map((category) => {
    const configured = levelOf(plan, category);
    const remaining = set.get(category)?.remaining ?? null;
    return { category, level: levels.of(category) ?? configured, configured, remaining };
  });
}

/** Whether readers of standard error see the worst lines of the category there. */
export function isOnStderr(options: LoggingOptions, category: LogCategory): boolean {
  const plan = "loggers" in options ? options : planOf(options);
  return handlersFor(plan, { category: `nodepool.${category}`, level: "fatal" }).some(({ to }) =>
    to === "stderr"
  );
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
