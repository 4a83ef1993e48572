/** The pool at a glance: whether a daemon runs and with which configuration, and what is wrong; and all of it in a line. */
import * as v from "valibot";
import { describeRefusals } from "../domain/describe_obstacle.ts";
import { obstaclesOfOrder } from "../domain/record_obstacles.ts";
import { describeRetirement, retirementOf } from "../domain/retirement.ts";
import type { Moment } from "../domain/time.ts";
import type { DaemonReport, PoolReport } from "../domain/pool_report.ts";
import { holdSummarySchema, viewHoldSummary } from "./hold_view.ts";
import { listProblems } from "./list_problems.ts";
import { machinesViewSchema, viewMachines } from "./machines.ts";
import { countAll, stateCountsSchema } from "./state_counts.ts";
import { isoTime, isoTimeOrNull, seconds, viewHead, viewSchema } from "./view_head.ts";
import { number, numberOrNull, rows, since0_4, string, stringOrNull } from "./view_schema.ts";
import { nodeStateNames } from "../domain/node.ts";
import { countText } from "../domain/count_text.ts";

export const statusViewSchema = viewSchema({
  /** null, as all that the state holds: it cannot be read, since etcd does not answer. */
  installation: v.nullable(v.object({
    id: string,
    created: string,
  })),
  /** null: no daemon runs, this was read from the state. */
  daemon: v.nullable(v.object({
    pid: number,
    /** Of the program. */
    version: string,
    started: string,
    /** Seconds it has been running. */
    age: number,
    accepting: v.boolean(),
    config_file: string,
    config_loaded: string,
    /** The problems of the file as it is now; while there is any, the last good configuration stays in force. */
    config_problems: rows(string),
    /** Levels of the log that somebody has set for a time, or until the daemon ends (`until` null). */
    log_levels: since0_4(rows(v.object({ category: string, level: string, until: stringOrNull }))),
    tasks: rows(v.object({
      name: string,
      runs: number,
      last_started: stringOrNull,
      /** Seconds. */
      last_duration: numberOrNull,
      last_error: v.nullable(v.object({
        at: string,
        message: string,
      })),
    })),
  })),
  /** null: the state is a file, and the pool has one machine. */
  machines: since0_4(v.nullable(machinesViewSchema)),
  nodes: v.nullable(stateCountsSchema),
  holds: since0_4(v.nullable(holdSummarySchema)),
  labels: numberOrNull,
  requests: v.nullable(v.object({
    waiting: number,
    granted: number,
  })),
  providers: v.object({
    configured: numberOrNull,
    reachable: rows(string),
    unreachable: rows(string),
    /** Where nothing is created, deleted or handed out: another daemon seems to work on a copy of this state. */
    frozen: since0_4(rows(string)),
    /** Those with max-servers -1, and how far each is. */
    retired: since0_4(rows(v.object({ name: string, message: string }))),
  }),
  /** Images that were ordered and are not there yet, and why. */
  orders: since0_4(rows(v.object({ what: string, message: string, since: string }))),
  /** Servers of this installation that this state did not make. */
  foreign_servers: since0_4(rows(v.object({
    provider: string,
    hostname: string,
    server_id: string,
    /** The node that it is marked with. */
    node_id: numberOrNull,
    /** The run that it is marked with. */
    run: stringOrNull,
  }))),
  /** One line each, what an operator should look at; empty: all is well. */
  problems: rows(string),
});
export type StatusView = v.InferOutput<typeof statusViewSchema>;

export function viewStatus(report: PoolReport): StatusView {
  const { installation, daemon, config, requests, providers } = report;
  const waiting = requests.filter(({ grantedAt }) => grantedAt === null).length;
  const stored = <View>(view: View) => report.state.isUnread === true ? null : view;
  const named = (reachable: boolean) =>
    providers.filter((provider) => provider.reachable === reachable).map(({ name }) => name);
  return {
    ...viewHead(report),
    installation: stored({ id: installation.id, created: isoTime(installation.createdAt, report) }),
    daemon: daemon === null ? null : viewDaemon(daemon, report),
    machines: report.machines === null ? null : viewMachines(report.machines, report),
    nodes: stored(countAll(report.nodes)),
    holds: stored(viewHoldSummary(report)),
    labels: config?.labels.length ?? null,
    requests: stored({ waiting, granted: requests.length - waiting }),
    providers: {
      configured: config?.providers.length ?? null,
      reachable: named(true),
      unreachable: named(false),
      frozen: providers.filter(({ frozen }) => frozen !== null).map(({ name }) => name),
      retired: (config?.providers ?? []).flatMap(({ name }) => {
        const retirement = retirementOf(name, report);
        return retirement === null ? [] : [{ name, message: describeRetirement(retirement) }];
      }),
    },
    orders: viewOrders(report),
    foreign_servers: providers.flatMap(({ name: provider, foreign }) =>
      foreign.map(({ hostname, serverId: server_id, nodeId: node_id, run }) => ({
        provider,
        hostname,
        server_id,
        node_id,
        run,
      }))
    ),
    problems: listProblems(report),
  };
}

function viewOrders(report: PoolReport): { what: string; message: string; since: string }[] {
  return report.orders.filter(({ orderedAt }) => orderedAt !== null).map((order) => ({
    what: order.provider === null ? `diskimage ${order.image}` : `image ${order.image} on ${order.provider}`,
    message: describeRefusals(
      obstaclesOfOrder(order, report).map(({ obstacle }) => ({ provider: null, obstacle })),
      report,
    ) || "not begun yet",
    since: isoTime(order.orderedAt!, report),
  }));
}

function viewDaemon(daemon: DaemonReport, moment: Moment): StatusView["daemon"] {
  return {
    pid: daemon.pid,
    version: daemon.version,
    started: isoTime(daemon.startedAt, moment),
    age: seconds(moment.now - daemon.startedAt),
    accepting: daemon.accepting,
    config_file: daemon.configFile,
    config_loaded: isoTime(daemon.configLoadedAt, moment),
    config_problems: daemon.configProblems,
    log_levels: (daemon.log?.levels ?? []).map(({ until, ...set }) => ({
      ...set,
      until: isoTimeOrNull(until, moment),
    })),
    tasks: daemon.tasks.map(({ name, runs, lastStartedAt, lastDuration, lastError }) => ({
      name,
      runs,
      last_started: isoTimeOrNull(lastStartedAt, moment),
      last_duration: lastDuration === null ? null : Math.round(lastDuration) / 1_000,
      last_error: lastError && { at: isoTime(lastError.at, moment), message: lastError.message },
    })),
  };
}

export function statusLine(report: PoolReport): string {
  const counts = countAll(report.nodes);
  const states = nodeStateNames.flatMap((name) => counts[name] > 0 ? `${counts[name]} ${name}` : []);
  const waiting = report.requests.filter(({ grantedAt }) => grantedAt === null).length;
  const problems = listProblems(report);
  return [
    countText(report.nodes.length, "node") + (states.length === 0 ? "" : ` (${states.join(", ")})`),
    ...(waiting > 0 ? [`${countText(waiting, "request")} waiting`] : []),
    ...(problems.length > 0 ? [`${countText(problems.length, "problem")}: ${problems[0]}`] : []),
  ].join(", ");
}
