/**
 * Levels and categories of the log as people write them: `debug`, `cloud=debug,ssh=trace`. For `NODEPOOL_LOG` and the
 * command `log-level`; what nobody could mean is an error that lists what there is.
 */
import type { LogLevel } from "@logtape/logtape";
import { isLogCategory, LOG_CATEGORIES } from "./log_category.ts";
import { nearestName } from "./nearest_name.ts";

export class LogSpecError extends Error {
  override readonly name = "LogSpecError";
}

export interface LevelWish {
  readonly category: string;
  readonly level: LogLevel;
}

/** The variable for a quick look at what any command does. */
const VARIABLE = "NODEPOOL_LOG";

/** The levels that the environment asks for; empty: none. @throws LogSpecError */
export function quickLevels(env: (name: string) => string | undefined): readonly LevelWish[] {
  const text = env(VARIABLE) ?? "";
  if (text === "") return [];
  try {
    return parseLogSpec(text);
  } catch (error) {
    if (!(error instanceof LogSpecError)) throw error;
    throw new LogSpecError(`${VARIABLE}=${text}: ${error.message}`);
  }
}

/** From the most to the least. */
export const LEVEL_NAMES = ["trace", "debug", "info", "warning", "error"] as const;

/** The whole log, as people name it. */
const ALL = "all";

/** @throws LogSpecError */
function parseLogSpec(text: string): readonly LevelWish[] {
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  if (parts.length === 0) {
    throw new LogSpecError(`it names no level; the levels are ${LEVEL_NAMES.join(", ")}`);
  }
  return parts.map((part) => {
    const [category, level, ...more] = part.split("=").map((word) => word.trim());
    if (more.length > 0) throw new LogSpecError(`"${part}" is not CATEGORY=LEVEL, such as cloud=debug`);
    return level === undefined
      ? { category: parseLogCategory(ALL), level: parseLogLevel(category!) }
      : { category: parseLogCategory(category!), level: parseLogLevel(level) };
  });
}

/** @throws LogSpecError */
export function parseLogLevel(text: string): LogLevel {
  const name = text.toLowerCase() === "warn" ? "warning" : text.toLowerCase();
  const found = LEVEL_NAMES.find((level) => level === name);
  if (found !== undefined) return found;
  throw new LogSpecError(unknown("level", { text, known: LEVEL_NAMES }));
}

/** `cloud` and `nodepool.cloud` are the same. @throws LogSpecError */
export function parseLogCategory(text: string): string {
  if (text === ALL) return "nodepool";
  const name = text === "nodepool" || text.startsWith("nodepool.") ? text : `nodepool.${text}`;
  if (isLogCategory(name) && !name.endsWith(".")) return name;
  throw new LogSpecError(unknown("category", { text, known: [ALL, ...LOG_CATEGORIES] }));
}

/** As `parseLogCategory` reads it. */
export function shortCategory(category: string): string {
  return category === "nodepool" ? ALL : category.replace(/^nodepool\./, "");
}

function unknown(what: string, { text, known }: { text: string; known: readonly string[] }): string {
  const near = nearestName(text, known);
  const meant = near === null ? ";" : `; did you mean ${near}?`;
  const plural = what === "level" ? "levels" : "categories";
  return `there is no ${what} "${text}"${meant} the ${plural} are ${known.join(", ")}`;
}
