/** Gauges of nodes: how many, and how long each has been in its state. One pass over all of them, at each scrape. Pure. */
import { type NodeRecord, type NodeStateName, nodeStateNames, stateName } from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { HOUR, MINUTE, SECOND } from "../domain/time.ts";
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
