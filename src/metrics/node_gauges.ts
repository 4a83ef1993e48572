/**
 * Gauges of nodes: how many, and how long each has been in its state, in one pass over all of them; what is asked for, and
 * what stands in the way of launches. Pure; computed at each scrape.
 */
import { type NodeRecord, type NodeStateName, nodeStateNames, stateName } from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { HOUR, type Instant, MINUTE, SECOND } from "../domain/time.ts";
import { noNodes } from "../views/state_counts.ts";
import type { PutGauge } from "./metric_table.ts";

const LONG = { "5m": 5 * MINUTE, "1h": HOUR } as const;

class ProviderCounts {
  readonly byLabel = new Map<string, Record<NodeStateName, number>>();
  readonly oldest: Partial<Record<NodeStateName, number>> = {};
  readonly long = { "5m": noNodes(), "1h": noNodes() };
  readonly byRole = new Map<string, number>();
}

/** Every state of what is configured is reported, 0 included; else only what has nodes. */
export function putNodeGauges({ nodes, config, now }: PoolReport, put: PutGauge): void {
  const counts = emptyCounts(config);
  for (const node of nodes) {
    count(counts.getOrInsertComputed(node.provider, () => new ProviderCounts()), node, now);
  }
  for (const [provider, { byLabel, oldest, long, byRole }] of counts) {
    for (const [label, states] of byLabel) {
      for (const state of nodeStateNames) put("nodepool_nodes", { provider, label, state }, states[state]);
    }
    for (const [state, since] of Object.entries(oldest)) {
      put("nodepool_oldest_node_age_seconds", { provider, state }, (now - since) / SECOND);
    }
    for (const longer_than of Object.keys(LONG) as (keyof typeof LONG)[]) {
      for (const state of nodeStateNames) {
        put("nodepool_nodes_long_in_state", { provider, state, longer_than }, long[longer_than][state]);
      }
    }
    for (const [role, number] of byRole) put("nodepool_extra_nodes", { provider, role }, number);
  }
  putReady(counts, config, put);
}

function emptyCounts(config: PoolReport["config"]): Map<string, ProviderCounts> {
  const counts = new Map(config?.providers.map(({ name }) => [name, new ProviderCounts()]));
  for (const { name, providers } of config?.labels ?? []) {
    for (const provider of providers) counts.get(provider)?.byLabel.set(name, noNodes());
  }
  return counts;
}

function count({ byLabel, oldest, long, byRole }: ProviderCounts, node: NodeRecord, now: number): void {
  const { role, label, stateSince } = node;
  if (role !== "node") {
    byRole.set(role, (byRole.get(role) ?? 0) + 1);
    return;
  }
  const state = stateName(node);
  byLabel.getOrInsertComputed(label, noNodes)[state]++;
  oldest[state] = Math.min(oldest[state] ?? Infinity, stateSince);
  const age = now - stateSince;
  if (age > LONG["5m"]) long["5m"][state]++;
  if (age > LONG["1h"]) long["1h"][state]++;
}

function putReady(
  counts: ReadonlyMap<string, ProviderCounts>,
  config: PoolReport["config"],
  put: PutGauge,
): void {
  for (const { name: label, minReady } of config?.labels ?? []) {
    const ready = [...counts.values()].reduce(
      (sum, { byLabel }) => sum + (byLabel.get(label)?.ready ?? 0),
      0,
    );
    put("nodepool_label_min_ready", { label }, minReady);
    put("nodepool_label_ready_nodes", { label }, ready);
  }
}

export function putDemandGauges(report: PoolReport, put: PutGauge): void {
  putRequests(report, put);
  for (const { name: label } of report.config?.labels ?? []) {
    put("nodepool_jobs_waiting", { label }, report.demand.get(label) ?? 0);
  }
  for (const { name: label, wanted, refusals } of report.labels) {
    put("nodepool_label_missing_nodes", { label }, wanted);
    if (wanted === 0) continue;
    for (const { provider, obstacle: { kind: reason } } of refusals) {
      put("nodepool_label_obstacles", { label, provider: provider ?? "", reason }, 1);
    }
  }
  for (const { provider, label, failures, until } of report.pauses) {
    put("nodepool_launch_failures_in_a_row", { provider, label }, failures);
    put(
      "nodepool_launch_pause_seconds",
      { provider, label },
      Math.max(0, (until ?? 0) - report.now) / SECOND,
    );
  }
}

/** No planning has looked at it yet. */
const UNPLANNED = ["unplanned"];

function putRequests({ requests, waits, config, now }: PoolReport, put: PutGauge): void {
  const byLabel = Map.groupBy(requests, ({ label }) => label);
  for (const label of new Set([...(config?.labels ?? []).map(({ name }) => name), ...byLabel.keys()])) {
    const own = byLabel.get(label) ?? [];
    const waiting = own.filter(({ grantedAt }) => grantedAt === null);
    put("nodepool_requests", { label, state: "waiting" }, waiting.length);
    put("nodepool_requests", { label, state: "granted" }, own.length - waiting.length);
    put("nodepool_requested_nodes", { label }, waiting.reduce((sum, { count }) => sum + count, 0));
    const oldest = new Map<string, Instant>();
    for (const { id, createdAt } of waiting) {
      const reasons = (waits.get(id) ?? []).map(({ obstacle }) => obstacle.kind);
      for (const reason of reasons.length === 0 ? UNPLANNED : reasons) {
        oldest.set(reason, Math.min(oldest.get(reason) ?? Infinity, createdAt));
      }
    }
    for (const [reason, since] of oldest) {
      put("nodepool_oldest_request_age_seconds", { label, reason }, (now - since) / SECOND);
    }
  }
}
