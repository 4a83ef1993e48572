/**
 * The operations on the pool as a whole: its configuration, its daemons, on one machine or several, their log, and things in the
 * clouds that are not the pool's.
 */
import * as v from "valibot";
import type { Machines } from "../../lead/machines.ts";
import { listMembers } from "../../lead/read_records.ts";
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
import type { DaemonParts, DaemonPool } from "../operated_pool.ts";
import { milliseconds, name, operation } from "../operation.ts";

const log = loggerOf("daemon");

const ofProvider = v.strictObject({ provider: v.nullish(string) });

const givenFile = v.strictObject({ path: v.string(), text: v.string() });

export const poolOperations = {
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
      servers: rows(v.object({
        provider: string,
        hostname: string,
        serverId: string,
        ip: stringOrNull,
        run: stringOrNull,
        nodeId: numberOrNull,
      })),
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
  /** Who answers: the daemon that leads. */
  "leader": operation({
    route: "GET /leader",
    needs: "daemon",
    request: v.strictObject({}),
    answer: v.object({ id: string, host: string, pid: number, version: string, since: number }),
    run({ daemon }) {
      const { id, host, pid, version, since } = machinesOf(daemon).self;
      return { id, host, pid, version, since };
    },
  }),
  /** Has it end, so that a standby leads at once. */
  "resign": operation({
    route: "POST /resign",
    needs: "daemon",
    /** `id`: of the daemon that is meant; another stays. `force`: also where no standby is there. */
    request: v.strictObject({ id: string, force: v.boolean() }),
    answer: v.object({ standbys: rows(string) }),
    async run({ daemon }, { id, force }, { signal }) {
      const { etcd, keys, self, resign } = machinesOf(daemon);
      // A caller that did not get the former leader's answer asks again, and then asks the one that took over.
      if (id !== self.id) return { standbys: [self.host] };
      const members = await listMembers(etcd, keys, { signal });
      const standbys = members.filter(({ role }) => role === "standby").map((standby) => standby.host);
      if (standbys.length === 0 && !force) {
        throw new ControlError(
          409,
          `no standby can take over from ${self.host}: start one, or let the pool stand still with --force`,
        );
      }
      resign?.();
      return { standbys };
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

function machinesOf({ machines }: DaemonParts): Machines {
  if (machines !== null) return machines;
  throw new ControlError(
    409,
    "the state of this pool is a file, and no other machine can take over (`nodepool manual several-machines`)",
  );
}
