/**
 * A pool in numbers: its nodes by state, its providers' servers. Every state of everything that is configured or has
 * nodes is reported, 0 included. Pure; `report_metrics` calls it now and then.
 */
import { type NodeRecord, nodeStateNames } from "../domain/node.ts";
import type { PoolReport, ProviderReport } from "../domain/pool_report.ts";
import { countStates, noNodes } from "../views/state_counts.ts";
import { gauge, type Happening, type Labels } from "./happening.ts";

export function poolGauges({ nodes, config }: Pick<PoolReport, "nodes" | "config">): readonly Happening[] {
  const { targets = [], labels = [], providers = [] } = config ?? {};
  const configured: readonly Labels[] = [
    {},
    ...targets.map(({ name }) => ({ target: name })),
    ...labels.map(({ name }) => ({ label: name })),
    ...providers.map(({ name }) => ({ provider: name })),
  ];
  const counts = countStates(nodes, groupOf);
  const groups = new Map(nodes.map((node) => [groupOf(node), node]));
  return [
    ...configured.flatMap((of) => stateGauges(of, noNodes())),
    ...[...groups].flatMap(([key, { label, provider, target, manager }]) =>
      stateGauges({ label, provider, target, manager }, counts.get(key)!)
    ),
    ...providers.map(({ name, maxServers }) => gauge("max_servers", { provider: name }, maxServers)),
  ];
}

/** The gauges of nodes and images that the clouds' listings omit. */
export function missingGauges(
  providers: readonly Pick<ProviderReport, "name" | "missing">[],
): readonly Happening[] {
  return providers.flatMap(({ name, missing }) => [
    gauge("missing", { provider: name }, missing === null ? 0 : missing.servers + missing.images),
    gauge("doubtful", { provider: name }, missing?.isDoubtful ? 1 : 0),
  ]);
}

/** One text for all nodes that differ in nothing but their state. */
function groupOf({ label, provider, target, manager }: NodeRecord): string {
  return JSON.stringify([label, provider, target, manager]);
}

function stateGauges(labels: Labels, counts: ReturnType<typeof noNodes>): readonly Happening[] {
  return nodeStateNames.map((state) => gauge("nodes", { ...labels, state }, counts[state]));
}
