/**
 * How many nodes are in which state, under 2016's names. Gauges keep their last value, so every state of everything
 * that is configured or has nodes is told, 0 included. Pure; whoever reports to StatsD calls it now and then.
 */
import type { NodeRecord, NodeStateName } from "../domain/node.ts";
import { nodeStateNames } from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { countNodes, type NodeCounts, noNodes } from "../views/node_counts.ts";
import { metricName } from "./metric_name.ts";
import type { Gauge } from "./statsd.ts";

export function poolGauges({ nodes, config }: Pick<PoolReport, "nodes" | "config">): readonly Gauge[] {
  const names = (list: readonly { readonly name: string }[] | undefined) =>
    (list ?? []).map(({ name }) => name);
  const isManaged = ({ manager }: NodeRecord) => manager !== null;
  return merged([
    ...stateGauges([], countNodes(nodes, () => "").get("") ?? noNodes()),
    // A node that a manager has counts as its manager's and not as its target's, as in 2016.
    ...groupGauges("target", {
      names: names(config?.targets),
      counts: countNodes(nodes.filter((node) => !isManaged(node)), ({ target }) => target),
    }),
    ...groupGauges("manager", {
      names: [],
      counts: countNodes(nodes.filter(isManaged), ({ manager }) => manager ?? ""),
    }),
    ...groupGauges("label", {
      names: names(config?.labels),
      counts: countNodes(nodes, ({ label }) => label),
    }),
    ...groupGauges("provider", {
      names: names(config?.providers),
      counts: countNodes(nodes, ({ provider }) => provider),
    }),
    // -1 retires a provider; a gauge has no sign, and nothing new is launched there either way.
    ...(config?.providers ?? []).map(({ name, maxServers }) => (
      { name: metricName("provider", name, "max_servers"), value: Math.max(0, maxServers) }
    )),
  ]);
}

function groupGauges(
  group: string,
  { names, counts }: { names: readonly string[]; counts: ReadonlyMap<string, NodeCounts> },
): readonly Gauge[] {
  return [...new Set([...names, ...counts.keys()])].flatMap((name) =>
    stateGauges([group, name], counts.get(name) ?? noNodes())
  );
}

function stateGauges(parts: readonly string[], counts: NodeCounts): readonly Gauge[] {
  return nodeStateNames.map((state: NodeStateName) => ({
    name: metricName(...parts, "nodes", state),
    value: counts[state],
  }));
}

/** Two names of the pool can be one to StatsD (`a.b` and `a_b`): then it is told their sum. */
function merged(gauges: readonly Gauge[]): readonly Gauge[] {
  const values = new Map<string, number>();
  for (const { name, value } of gauges) values.set(name, (values.get(name) ?? 0) + value);
  return [...values].map(([name, value]) => ({ name, value }));
}
