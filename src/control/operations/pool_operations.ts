/** The operations on the pool as a whole, its configuration, its daemon and that one's log, and on things in the clouds that are not the pool's. */
import * as v from "valibot";
import { loggerOf, type Logging } from "../../lib/logging.ts";
import { LogSpecError, parseLogCategory, parseLogLevel, shortCategory } from "../../lib/log_spec.ts";
import {
  alienImageListViewSchema,
  alienListViewSchema,
  viewAlienImageList,
  viewAlienList,
} from "../../views/alien_lists.ts";
import { dumpViewSchema, viewDump } from "../../views/dump.ts";
import { configPlanViewSchema, viewConfigPlan } from "../../views/config_plan.ts";
import { logLevelsViewSchema, viewLogLevels } from "../../views/log_levels.ts";
import { number, numberOrNull, rows, since0_4, string, stringOrNull } from "../../views/view_schema.ts";
import { ControlError } from "../control_error.ts";
import type { DaemonPool } from "../operated_pool.ts";
import { milliseconds, name, operation } from "../operation.ts";

const log = loggerOf("daemon");

const adoptedServer = v.object({
  provider: string,
  hostname: string,
  serverId: string,
  ip: stringOrNull,
  run: stringOrNull,
  nodeId: numberOrNull,
});

const ofProvider = v.strictObject({ provider: v.nullish(string) });

const givenFile = v.strictObject({ path: v.string(), text: v.string() });

export const poolOperations = {
  /** Shows what the daemon is doing at this moment. */
  "dump": operation({
    route: "GET /dump",
    needs: "daemon",
    request: v.strictObject({}),
    answer: dumpViewSchema,
    run: ({ daemon }) => viewDump(daemon.dump()),
  }),
  "reload": operation({
    route: "POST /reload",
    needs: "daemon",
    request: v.strictObject({}),
    answer: v.object({ changes: rows(string), problems: rows(string) }),
    run: ({ daemon }) => daemon.reload(),
  }),
  "alien-list": operation({
    route: "GET /aliens",
    needs: "config",
    request: ofProvider,
    answer: alienListViewSchema,
    run: async (pool, { provider }, { signal }) =>
      viewAlienList(await pool.listAliens({ provider: provider ?? null, signal }), pool.report()),
  }),
  "alien-image-list": operation({
    route: "GET /alien-images",
    needs: "config",
    request: ofProvider,
    answer: alienImageListViewSchema,
    run: async (pool, { provider }, { signal }) =>
      viewAlienImageList(await pool.listAlienImages({ provider: provider ?? null, signal }), pool.report()),
  }),
  /** Takes over what another daemon made on a copy of this state. */
  "state-adopt": operation({
    route: "POST /state/adopt",
    needs: "config",
    request: v.strictObject({ dryRun: v.boolean() }),
    answer: v.object({
      servers: rows(adoptedServer),
      floatingIps: since0_4(rows(v.object({ provider: string, id: string, address: string }))),
      held: rows(number),
      warnings: rows(string),
    }),
    run: (pool, { dryRun }, { signal }) => pool.adoptState({ dryRun, signal }),
  }),
  /** Says what a configuration would change; changes nothing. */
  "plan": operation({
    route: "POST /plan",
    needs: "config",
    request: v.strictObject({ file: givenFile, secure: v.nullable(givenFile), isOwn: v.boolean() }),
    answer: configPlanViewSchema,
    run: async (pool, other, { signal }) =>
      viewConfigPlan(await pool.planConfig(other, { signal }), {
        file: other.file.path,
        report: pool.report(),
      }),
  }),
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
