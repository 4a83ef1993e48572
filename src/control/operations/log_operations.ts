/** The operations on the daemon's own log. */
import * as v from "valibot";
import type { Logging } from "../../lib/logging.ts";
import { loggerOf } from "../../lib/logging.ts";
import { LogSpecError, parseLogCategory, parseLogLevel, shortCategory } from "../../lib/log_spec.ts";
import { logLevelsViewSchema, viewLogLevels } from "../../views/log_levels.ts";
import { ControlError } from "../control_error.ts";
import type { DaemonPool } from "../operated_pool.ts";
import { milliseconds, name, operation } from "../operation.ts";

const log = loggerOf("daemon");

export const logOperations = {
  "log-levels": operation({
    route: "GET /log-levels",
    needs: "daemon",
    request: v.strictObject({}),
    answer: logLevelsViewSchema,
    run: (pool) => viewLogLevels(logOf(pool), pool.report()),
  }),
  /** Sets the level of a category, for a time or until the daemon ends; `level` null: as configured again. */
  "log-level": operation({
    route: "POST /log-levels",
    needs: "daemon",
    request: v.strictObject({
      category: name,
      level: v.nullable(name),
      duration: v.nullable(milliseconds),
    }),
    answer: logLevelsViewSchema,
    run: (pool, { category: given, level: wanted, duration }) => {
      const logging = logOf(pool);
      const { category, level } = known(given, wanted);
      if (level === null) logging.levels.reset(category);
      else logging.levels.set(category, { level, time: duration });
      const set = level ?? "as configured";
      log.info("the level of {name} was set: {level}", { name: shortCategory(category), level: set });
      return viewLogLevels(logging, pool.report());
    },
  }),
};

function logOf({ daemon: { logging } }: DaemonPool): Logging {
  if (logging === null) throw new ControlError(409, "this process has no log of its own");
  return logging;
}

/** @throws ControlError */
function known(category: string, level: string | null) {
  try {
    return {
      category: parseLogCategory(category),
      level: level === null ? null : parseLogLevel(level),
    };
  } catch (error) {
    if (error instanceof LogSpecError) throw new ControlError(400, error.message);
    throw error;
  }
}
