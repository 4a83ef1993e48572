/** Parts that explanations of several subjects share: obstacles, nodes, requests, room and errors, in words. */
import { countText } from "../../domain/count_text.ts";
import { type Obstacle, obstacleOfPause, type Refusal } from "../../domain/obstacle.ts";
import { type Evidence, type NodeRecord, stateName } from "../../domain/node.ts";
import type { PoolReport } from "../../domain/pool_report.ts";
import { stepOf } from "../../domain/record_obstacles.ts";
import type { NodeRequest } from "../../domain/request.ts";
import { describeRetirement, retirementOf } from "../../domain/retirement.ts";
import { resourceNames } from "../../domain/resource.ts";
import { type Instant, spacedDuration, timeOfDay } from "../../domain/time.ts";
import { describeObstacle } from "../../domain/describe_obstacle.ts";
import { type ObstacleView, viewObstacle } from "../obstacle_view.ts";
import { describeKeeper, projectUse } from "../project_use.ts";
import { countAll } from "../state_counts.ts";
import { isoTimeOrNull } from "../view_head.ts";
import type { Explanation } from "./explanation.ts";

type Fact = Explanation["facts"][number];
type Next = Explanation["next"][number] & { readonly instant: Instant };
type Told = Explanation["errors"][number] & { readonly instant: Instant };

/** Rows of one kind that a screen has room for. */
export const MOST = 5;

/** Each once, those that somebody has to cure first. */
export function toldObstacles(
  refusals: readonly Refusal[],
  site: Parameters<typeof viewObstacle>[1],
): ObstacleView[] {
  const views = refusals.map((refusal) => viewObstacle(refusal, site));
  const distinct = [...new Map(views.map((view) => [JSON.stringify(view), view])).values()];
  const rank = { repair: 0, configuration: 1, time: 2 };
  return distinct.sort((a, b) =>
    (rank[a.cure] ?? 3) - (rank[b.cure] ?? 3) || Number(a.remedy === null) - Number(b.remedy === null)
  );
}

/** `2 ready, 1 building`; `none`. */
export function countsText(nodes: readonly NodeRecord[]): string {
  const parts = Object.entries(countAll(nodes)).flatMap(([state, count]) =>
    count > 0 ? [`${count} ${state}`] : []
  );
  return parts.join(", ") || "no nodes";
}

/** The nodes that are on their way or going, or wait for something as they are, then those that somebody keeps. */
export function nodeFacts(nodes: readonly NodeRecord[], report: PoolReport): Fact[] {
  const isMoving = (node: NodeRecord) =>
    node.waitingOn !== null || ["building", "test", "delete"].includes(stateName(node));
  const isKept = (node: NodeRecord) => !isMoving(node) && ["used", "hold"].includes(stateName(node));
  const kept = (node: NodeRecord) => {
    const reason = stateName(node) === "hold" && node.hold?.reason ? `: ${node.hold.reason}` : "";
    return `${describeKeeper(node)} for ${spacedDuration(report.now - node.stateSince)}${reason}`;
  };
  const factOf = (textOf: (node: NodeRecord) => string) => (node: NodeRecord): Fact => ({
    name: `node ${node.id}`,
    value: `${node.label || node.role} on ${node.provider}, ${textOf(node)}`,
  });
  return [
    ...firstFacts(nodes.filter(isMoving), factOf((node) => stepText(node, report)), "list"),
    ...firstFacts(nodes.filter(isKept), factOf(kept), "list"),
  ];
}

/** @param command shows them all */
function firstFacts<Thing>(all: readonly Thing[], factOf: (thing: Thing) => Fact, command: string): Fact[] {
  const shown = all.slice(0, MOST).map(factOf);
  const more = all.length - shown.length;
  return more === 0 ? shown : [...shown, { name: "", value: `${more} more: nodepool ${command}` }];
}

/** `boot for 2m: server is BUILD` */
export function stepText(node: NodeRecord, report: PoolReport): string {
  const phase = `${node.state.phase} for ${spacedDuration(report.now - node.phaseSince)}`;
  const step = stepOf(node, report.now);
  return step === null ? phase : `${phase}: ${describeObstacle(step, report)}`;
}

/** Who asks, in the order of service. */
export function requestFacts(requests: readonly NodeRequest[], report: PoolReport): Fact[] {
  const waiting = requests.filter(({ grantedAt }) => grantedAt === null).sort((a, b) => a.id - b.id);
  const factOf = (request: NodeRequest) => ({
    name: `request ${request.id}`,
    value: requestText(request, report),
  });
  return firstFacts(waiting, factOf, "request-list");
}

export function requestText(
  { count, job, client, createdAt, deadline }: NodeRequest,
  report: PoolReport,
): string {
  return [
    `${count} ${count === 1 ? "node" : "nodes"}`,
    ...(client === null ? [] : [`by ${client}`]),
    ...(job === null ? [] : [`for job ${job}`]),
    `for ${spacedDuration(report.now - createdAt)}`,
    ...(deadline === null ? [] : [`gives up at ${timeOfDay(deadline, report)}`]),
  ].join(", ");
}

/** Those that a cloud's quota may limit. */
export const quotaResources = ["instances", "cores", "ramMib", "floatingIps", "ports"] as const;

/** max-servers and the quotas of a provider, with who uses them. */
export function roomText(name: string, report: PoolReport): string {
  const { config, providers, nodes } = report;
  const own = nodes.filter(({ provider }) => provider === name);
  const max = config?.providers.find((provider) => provider.name === name)?.maxServers;
  const pooled = own.filter(({ role }) => role === "node" || role === "subnode").length;
  const retirement = retirementOf(name, report);
  const quota = providers.find((provider) => provider.name === name)?.quota ?? null;
  const uses = quotaResources.flatMap((resource) => {
    const use = quota?.[resource] ?? null;
    return use === null || use.limit === Infinity
      ? []
      : [`${resourceNames[resource]} ${use.used}/${use.limit}`];
  });
  const { beside, others } = projectUse(name, report);
  return [
    ...(retirement === null ? [] : [`retired, ${describeRetirement(retirement)}`]),
    ...(max === undefined || retirement !== null ? [] : [`max-servers ${pooled}/${max}`]),
    ...(quota === null || uses.length === 0 ? [] : [
      `quota ${uses.join(", ")}`,
      `the quota was read ${spacedDuration(report.now - quota.takenAt)} ago, before later launches`,
    ]),
    [
      countsText(own),
      ...[...beside].map(([provider, count]) =>
        `${countText(count, "node")} of ${provider} in the same project`
      ),
      ...(others ? [`${countText(others, "server")} of others`] : []),
    ].join(", and "),
  ].join("; ");
}

/** The times at which obstacles are tried again, and at which requests give up. */
export function nextOf(
  refusals: readonly Refusal[],
  { report, requests = [], more = [] }: {
    report: PoolReport;
    requests?: readonly NodeRequest[];
    more?: readonly Omit<Next, "at">[];
  },
): Explanation["next"] {
  const tries = refusals.flatMap(({ provider, obstacle }) => {
    const instant = untilOf(obstacle);
    return instant === null
      ? []
      : [{ instant, what: `${provider ?? "it"} is tried again (${obstacle.kind})` }];
  });
  const ends = requests.flatMap(({ id, deadline, grantedAt }) =>
    deadline === null || grantedAt !== null ? [] : [{ instant: deadline, what: `request ${id} gives up` }]
  );
  const all = [...tries, ...ends, ...more].filter(({ instant }) => instant >= report.now);
  const distinct = [...new Map(all.map((one) => [`${one.instant} ${one.what}`, one])).values()];
  return distinct.sort((a, b) => a.instant - b.instant).slice(0, MOST)
    .map(({ instant, what }) => ({ at: isoTimeOrNull(instant, report), what }));
}

/** When it is tried again, or ends by itself; null: not known, or now. */
export function untilOf(obstacle: Obstacle): Instant | null {
  return "until" in obstacle ? obstacle.until : null;
}

/** The newest, the same one once. */
export function newestErrors(errors: readonly Told[]): Explanation["errors"] {
  const distinct = [...new Map(errors.map((error) => [error.error, error])).values()];
  return distinct.sort((a, b) => b.instant - a.instant).slice(0, MOST).map(({ instant: _, ...told }) => told);
}

export function errorsOfNodes(nodes: readonly NodeRecord[], report: PoolReport): Told[] {
  return nodes.flatMap((node) =>
    node.evidence === null ? [] : [toldEvidence(`node ${node.id} on ${node.provider}`, node.evidence, report)]
  );
}

export function errorsOfPauses(pauses: PoolReport["pauses"], report: PoolReport): Told[] {
  return pauses.map(({ label, provider, lastError, lastFailureAt: at }) =>
    toldError(`label ${label} on ${provider}`, lastError, { at, report })
  );
}

export function toldEvidence(
  of: string,
  { at, error, requestId, fault, console }: Evidence,
  report: PoolReport,
): Told {
  const told = { of, error, request_id: requestId, fault, console };
  return { ...told, at: isoTimeOrNull(at, report), instant: at };
}

export function toldError(
  of: string,
  error: string,
  { at, report }: { at: Instant | null; report: PoolReport },
): Told {
  const none = { request_id: null, fault: null, console: null };
  return { at: isoTimeOrNull(at, report), of, error, ...none, instant: at ?? 0 };
}

/** The obstacle to everything; empty: planning goes on. */
export function standstillOf({ standstill }: PoolReport): Refusal[] {
  return standstill === null ? [] : [{ provider: null, obstacle: standstill }];
}

export function refusalsOfLabel(report: PoolReport, name: string): readonly Refusal[] {
  const general = whyNowhere(report, name);
  if (general.length > 0) return general;
  const planned = report.labels.find((one) => one.name === name)?.refusals ?? [];
  const waits = report.requests.filter((request) => request.label === name && request.grantedAt === null)
    .flatMap(({ id }) => report.waits.get(id) ?? []);
  const providers = report.config?.labels.find((one) => one.name === name)?.providers ?? [];
  const failed = report.pauses.filter(({ label, provider }) => label === name && providers.includes(provider))
    .map((pause) => ({ provider: pause.provider, obstacle: obstacleOfPause(pause, report.now) }));
  return [planned.length > 0 ? planned : waits, report.whyNoMore(name), failed]
    .reduce((told, more) => [...told, ...more.filter((refusal) => isNew(refusal, told))]);
}

/** Whether some provider would launch a node of it. */
export function isOpen(report: PoolReport, name: string): boolean {
  const refusals = [...whyNowhere(report, name), ...report.whyNoMore(name)];
  const refused = new Set(refusals.map(({ provider }) => provider));
  const providers = report.config?.labels.find((label) => label.name === name)?.providers ?? [];
  return !refused.has(null) && providers.some((provider) => !refused.has(provider));
}

function whyNowhere(report: PoolReport, name: string): readonly Refusal[] {
  const standstill = standstillOf(report);
  if (standstill.length > 0) return standstill;
  const label = report.config?.labels.find((one) => one.name === name);
  if (report.config !== null && label === undefined) {
    return [{ provider: null, obstacle: { kind: "label-not-configured", label: name } }];
  }
  return (label?.minReady ?? 0) < 0 ? [{ provider: null, obstacle: { kind: "label-disabled" } }] : [];
}

/** Each provider says one thing, the first that is known of it. */
function isNew({ provider }: Refusal, told: readonly Refusal[]): boolean {
  return provider === null ? told.length === 0 : !told.some((other) => other.provider === provider);
}
