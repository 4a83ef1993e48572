/** The pool at a glance: whether a daemon runs and with which configuration, and what is wrong. */
import * as v from "valibot";
import { describeRefusals } from "../domain/describe_obstacle.ts";
import { obstacleOfPause } from "../domain/obstacle.ts";
import { obstaclesOfOrder } from "../domain/record_obstacles.ts";
import { describeSubject } from "../domain/defect.ts";
import { describeRetirement, type Retirement, retirementOf } from "../domain/retirement.ts";
import { seeManual } from "../domain/see_manual.ts";
import { durationText, HOUR, MINUTE, type Moment } from "../domain/time.ts";
import type { CloudClock } from "../domain/clock_record.ts";
import {
  type ClockStep,
  type DaemonReport,
  describeForeign,
  implausibleMark,
  type LabelReport,
  type PoolReport,
  type ProviderReport,
  type TaskReport,
} from "../domain/pool_report.ts";
import {
  cloudProblems,
  configurationProblems,
  linkProblems,
  listingProblems,
  stateProblems,
  targetProblems,
  taskProblems,
} from "./health.ts";
import { holdSummarySchema, viewHoldSummary } from "./hold_summary.ts";
import { remedyText, viewObstacle } from "./obstacle_view.ts";
import { remedyAt } from "./remedy.ts";
import { countStates, noNodes, stateCountsSchema } from "./state_counts.ts";
import { isoTime, isoTimeOrNull, seconds, viewHead, viewSchema, type WallTime } from "./view_head.ts";
import { number, numberOrNull, rows, since0_4, string, stringOrNull } from "./view_schema.ts";

const foreignServerViewSchema = v.object({
  provider: string,
  hostname: string,
  server_id: string,
  /** The node that it is marked with. */
  node_id: numberOrNull,
  /** The run that it is marked with. */
  run: stringOrNull,
});
type ForeignServerView = v.InferOutput<typeof foreignServerViewSchema>;

const taskViewSchema = v.object({
  name: string,
  runs: number,
  last_started: stringOrNull,
  /** Seconds. */
  last_duration: numberOrNull,
  last_error: v.nullable(v.object({
    at: string,
    message: string,
  })),
});
type TaskView = v.InferOutput<typeof taskViewSchema>;

const daemonViewSchema = v.object({
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
  tasks: rows(taskViewSchema),
});
export type DaemonView = v.InferOutput<typeof daemonViewSchema>;

export const statusViewSchema = viewSchema({
  installation: v.object({
    id: string,
    created: string,
  }),
  /** null: no daemon runs, this was read from the state. */
  daemon: v.nullable(daemonViewSchema),
  nodes: stateCountsSchema,
  holds: since0_4(holdSummarySchema),
  labels: numberOrNull,
  requests: v.object({
    waiting: number,
    granted: number,
  }),
  providers: v.object({
    configured: numberOrNull,
    reachable: rows(string),
    unreachable: rows(string),
    /** Where nothing is created, deleted or handed out: another daemon seems to work on a copy of this state. */
    frozen: rows(string),
    /** Those with max-servers -1, and how far each is. */
    retired: since0_4(rows(v.object({ name: string, message: string }))),
  }),
  /** Images that were ordered and are not there yet, and why. */
  orders: since0_4(rows(v.object({ what: string, message: string, since: string }))),
  /** Servers of this installation that this state did not make. */
  foreign_servers: rows(foreignServerViewSchema),
  /** One line each, what an operator should look at; empty: all is well. */
  problems: rows(string),
});
export type StatusView = v.InferOutput<typeof statusViewSchema>;

export function viewStatus(report: PoolReport): StatusView {
  const { installation, daemon, config, requests, providers } = report;
  const waiting = requests.filter(({ grantedAt }) => grantedAt === null).length;
  const named = (reachable: boolean) =>
    providers.filter((provider) => provider.reachable === reachable).map(({ name }) => name);
  return {
    ...viewHead(report),
    installation: { id: installation.id, created: isoTime(installation.createdAt, report) },
    daemon: daemon === null ? null : viewDaemon(daemon, report),
    nodes: countStates(report.nodes, () => "all").get("all") ?? noNodes(),
    holds: viewHoldSummary(report),
    labels: config?.labels.length ?? null,
    requests: { waiting, granted: requests.length - waiting },
    providers: {
      configured: config?.providers.length ?? null,
      reachable: named(true),
      unreachable: named(false),
      frozen: providers.filter(({ frozen }) => frozen !== null).map(({ name }) => name),
      retired: [...retirementsOf(report)].map(([name, retirement]) => ({
        name,
        message: describeRetirement(retirement),
      })),
    },
    orders: viewOrders(report),
    foreign_servers: providers.flatMap(viewForeign),
    problems: listProblems(report),
  };
}

/** The problems that need an operator's attention, one line each. */
export function listProblems(report: PoolReport): string[] {
  const { daemon, providers, pauses, orders, config } = report;
  const retired = retirementsOf(report);
  const failures = pauses.filter(({ provider }) => !retired.has(provider)).map((pause) =>
    // Servers that are there for an image belong to no label.
    `${pause.label === "" ? "servers for images" : `label ${pause.label}`} on ${pause.provider}: ` +
    `${pause.failures} failed ` +
    `${pause.failures === 1 ? "launch" : "launches"}, last: ${pause.lastError}${
      remedyAt(obstacleOfPause(pause, report.now), { ...pause, config })
    }`
  );
  const failing = orders.filter(({ failures, provider }) => failures > 0 && !retired.has(provider ?? ""));
  const images = failing.map((order) =>
    (order.provider === null ? `diskimage ${order.image}` : `image ${order.image} on ${order.provider}`) +
    `: ${order.failures} failed ${
      order.failures === 1 ? "attempt" : "attempts"
    }, last: ${order.lastError}; remedy: see \`nodepool explain ${order.image}\``
  );
  const offline = remedyAt({ kind: "target-offline", targets: [] }, { provider: null, label: null, config });
  const targets = targetProblems(report).map((problem) => problem + offline);
  const broken = report.defects.filter(({ of }) => of.kind !== "plan of").map(({ of, doing, message }) =>
    `${describeSubject(of)}: ${doing} failed: ${message}; the others are not affected`
  );
  return [
    ...linked(stateProblems(report.state), report.state.problem === null ? "lost-state" : "disk-full"),
    ...broken,
    ...linked(configurationProblems(report), "broken-configuration"),
    ...linked(clockProblems(report), "clock"),
    ...linked(cloudProblems(report), "unreachable"),
    ...linked(listingProblems(report), "doubtful"),
    ...providers.flatMap((provider) => listDoubts(provider, report)),
    ...linked(describeLostHolds(report), "doubtful"),
    ...linked(failures, "paused"),
    ...report.labels.flatMap((label) => describeMissingNodes(label, report)),
    ...requestProblems(report),
    ...linked(images, "no-image"),
    ...linked([...targets, ...linkProblems(report)], "no-jobs"),
    ...taskProblems(daemon),
  ];
}

/** By name. */
function retirementsOf(report: PoolReport): ReadonlyMap<string, Retirement> {
  return new Map((report.config?.providers ?? []).flatMap(({ name }) => {
    const retirement = retirementOf(name, report);
    return retirement === null ? [] : [[name, retirement]];
  }));
}

/** That a provider is retired was somebody's wish: it is worth a word only to those that wait for its nodes. */
function describeMissingNodes({ name, wanted, refusals }: LabelReport, report: PoolReport): string[] {
  if (wanted === 0) return [];
  const others = refusals.filter(({ obstacle }) => obstacle.kind !== "retired");
  const isAsked = report.requests.some(({ label, grantedAt }) => label === name && grantedAt === null) ||
    (report.demand.get(name) ?? 0) > 0;
  if (others.length === 0 && refusals.length > 0 && !isAsked) return [];
  const told = others.length > 0 ? others : refusals;
  const why = describeRefusals(told, { ...report, isLinked: false }) || "no reason given";
  const remedies = told.flatMap((refusal) =>
    remedyText(viewObstacle(refusal, { report, label: name })) ?? []
  );
  const text = [...new Set(remedies)].join("; ");
  return [
    `label ${name}: ${wanted} ${wanted === 1 ? "node" : "nodes"} missing: ${why}` +
    (text === "" ? "" : `; remedy: ${text}`),
  ];
}

/** Requests that stay unmet however long they wait, for a reason of their own. */
function requestProblems(report: PoolReport): string[] {
  return [...report.waits].flatMap(([id, refusals]) => {
    const { label = "" } = report.requests.find((request) => request.id === id) ?? {};
    const never = refusals.filter(({ obstacle }) => HOPELESS.includes(obstacle.kind))
      .map((refusal) => viewObstacle(refusal, { report, label }));
    return never.map((view) => `request ${id} for ${label}: ${view.message}; remedy: ${remedyText(view)}`);
  });
}

const HOPELESS: readonly string[] = ["too-many", "label-not-configured", "label-disabled"];

/** Images that were ordered and are not there yet, and why. */
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

/** Each with the section of the manual that says what to do. */
function linked(problems: readonly string[], section: Parameters<typeof seeManual>[0]): string[] {
  return problems.map((problem) => `${problem}; ${seeManual(section)}`);
}

/** Held nodes whose servers are gone: only whoever holds them knows whether they are still of use. */
function describeLostHolds({ nodes }: PoolReport): string[] {
  const ids = [
    ...new Set(
      nodes.flatMap(({ id, parentId, waitingOn }) => waitingOn?.reason === "gone" ? [parentId ?? id] : []),
    ),
  ];
  if (ids.length === 0) return [];
  return [
    `nodes are held whose servers are no longer on the cloud, and count against max-servers: ${
      ids.join(", ")
    }; ` +
    `remedy: when nobody needs them any more, \`nodepool delete ${ids.join(" ")}\``,
  ];
}

/** The signs that the state is not the only one, or not up to date. */
function listDoubts(
  { name, frozen, foreign, foreignFloatingIps, implausible }: ProviderReport,
  { nodes }: Pick<PoolReport, "nodes">,
): string[] {
  const held = nodes.filter(({ provider, hold, state }) =>
    provider === name && state.phase === "hold" && hold?.mayBeInUse
  );
  const older = foreign.length === 0 || frozen !== null ? [] : [
    `the state is older than the cloud, which has servers of this installation that it did not create: ` +
    `${foreign.map(describeForeign).join(", ")}; \`nodepool state adopt\` turns them into held nodes`,
  ];
  const left = foreignFloatingIps.length === 0 ? [] : [
    `floating IPs of this installation that this state did not create, and that no server has: ` +
    `${foreignFloatingIps.join(", ")}; \`nodepool state adopt\` deletes them`,
  ];
  const inUse = held.length === 0 ? [] : [
    `nodes from an older or another state may be in use and are held: ` +
    `${held.map(({ id }) => id).join(", ")}; check each, then release or delete it`,
  ];
  const lines = [
    ...(frozen === null ? [] : [frozen]),
    ...linked([...older, ...left, ...inUse], "restored-state"),
    ...implausible.map(implausibleMark),
  ];
  return lines.map((line) => `provider ${name}: ${line}`);
}

function viewForeign({ name, foreign }: ProviderReport): ForeignServerView[] {
  return foreign.map(({ hostname, serverId, nodeId, run }) => ({
    provider: name,
    hostname,
    server_id: serverId,
    node_id: nodeId,
    run,
  }));
}

/** So long it may be of use to know that the clock was set. */
const STEP_TOLD_FOR = HOUR;

function clockProblems({ clock, ...moment }: PoolReport): string[] {
  if (clock === null) return [];
  return [...clock.clouds.map(describeCloudClock), ...describeStep(clock.step, moment)];
}

function describeCloudClock({ provider, ahead }: CloudClock): string {
  const length = durationText(Math.round(Math.abs(ahead) / MINUTE) * MINUTE);
  return `provider ${provider}: its clock is about ${length} ${
    ahead < 0 ? "behind" : "ahead of"
  } this machine's: find out which is wrong, and synchronize it with NTP`;
}

function describeStep(step: ClockStep | null, { now, wallOffset }: Moment): string[] {
  if (step === null || now - step.at >= STEP_TOLD_FOR) return [];
  const length = durationText(Math.abs(step.by));
  if (step.whileStopped && step.by > 0) {
    return [
      `this machine's clock went forward by ${length} while no daemon ran, and no cloud's clock confirmed it: ` +
      "ages ignore that time; if the clock is wrong, synchronize it with NTP",
    ];
  }
  const way = step.by < 0 ? "back" : "forward";
  const when = step.whileStopped ? "while no daemon ran" : `at ${isoTime(step.at, { wallOffset })}`;
  return [
    `this machine's clock went ${way} by ${length} ${when}: ages are not affected, but earlier times in logs ` +
    "differ; synchronize the clock with NTP",
  ];
}

function viewDaemon(daemon: DaemonReport, moment: Moment): DaemonView {
  return {
    pid: daemon.pid,
    version: daemon.version,
    started: isoTime(daemon.startedAt, moment),
    age: seconds(moment.now - daemon.startedAt),
    accepting: daemon.accepting,
    config_file: daemon.configFile,
    config_loaded: isoTime(daemon.configLoadedAt, moment),
    config_problems: daemon.configProblems,
    tasks: daemon.tasks.map((task) => viewTask(task, moment)),
  };
}

function viewTask(
  { name, runs, lastStartedAt, lastDuration, lastError }: TaskReport,
  wallTime: WallTime,
): TaskView {
  return {
    name,
    runs,
    last_started: isoTimeOrNull(lastStartedAt, wallTime),
    last_duration: lastDuration === null ? null : Math.round(lastDuration) / 1_000,
    last_error: lastError === null
      ? null
      : { at: isoTime(lastError.at, wallTime), message: lastError.message },
  };
}
