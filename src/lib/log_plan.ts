/**
 * Where lines of the log go, as Python's logging has it: loggers form a tree by the dots in their names. The nearest one
 * with a level decides whether a line is logged; then it goes to the handlers of all loggers above it, up to one that
 * does not propagate, and each handler may want a level of its own. Pure; `logging.ts` opens what a plan names.
 */
import { compareLogLevel, type LogLevel } from "@logtape/logtape";

export type LogFormat =
  /** Text on a terminal, JSON lines otherwise. */
  | null
  | "text"
  | "json"
  /** As Python's Formatter has it; no datefmt: ISO 8601 with milliseconds. */
  | { readonly format: string; readonly datefmt: string | null };

export interface LogHandler {
  /** A file is appended to; null: nowhere. */
  readonly to:
    | { readonly file: string; readonly mode: number; readonly truncate: boolean }
    | "stdout"
    | "stderr"
    | null;
  /** The least that it takes; null: all. */
  readonly level: LogLevel | null;
  readonly format: LogFormat;
}

export interface LogTreeLogger {
  /** `nodepool.image`; empty: the root, above all. */
  readonly name: string;
  /** null: that of the next one above. */
  readonly level: LogLevel | null;
  readonly handlers: readonly LogHandler[];
  readonly propagate: boolean;
}

export interface LogPlan {
  readonly loggers: readonly LogTreeLogger[];
}

/** Where nothing says otherwise. */
const ROOT_LEVEL: LogLevel = "warning";

/**
 * The handlers of a line of that category and level; each as often as loggers on the way have it.
 * @param line `set`: the level that somebody has set for the category besides the plan; then it is decided by that, and
 *   a line that no handler would take is taken by all on the way
 */
export function handlersFor(
  plan: LogPlan,
  { category, level, set = null }: {
    readonly category: string;
    readonly level: LogLevel;
    readonly set?: LogLevel | null;
  },
): readonly LogHandler[] {
  if (!reaches(level, set ?? levelOf(plan, category))) return [];
  const above = lineage(plan, category);
  const end = above.findIndex(({ propagate }) => !propagate);
  const heard = (end < 0 ? above : above.slice(0, end + 1)).flatMap(({ handlers }) => handlers);
  const taking = heard.filter((handler) => reaches(level, handler.level));
  return taking.length === 0 && set !== null ? heard : taking;
}

/** The level that decides of a category's lines. */
export function levelOf(plan: LogPlan, category: string): LogLevel {
  return lineage(plan, category).find((logger) => logger.level !== null)?.level ?? ROOT_LEVEL;
}

/** The loggers that a category has, the nearest first. */
function lineage({ loggers }: LogPlan, category: string): readonly LogTreeLogger[] {
  return loggers.filter(({ name }) => name === "" || category === name || category.startsWith(`${name}.`))
    .toSorted((a, b) => b.name.length - a.name.length);
}

function reaches(level: LogLevel, least: LogLevel | null): boolean {
  return least === null || compareLogLevel(level, least) >= 0;
}
