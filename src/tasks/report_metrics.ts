/** Tells StatsD of the pool: gauges now and then, and what happens to nodes and images when it does. */
import type { NodeRecord } from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { deleteMetrics } from "../metrics/delete_metrics.ts";
import { GaugeMemory } from "../metrics/gauge_memory.ts";
import { dibImageMetrics, providerImageMetrics } from "../metrics/image_metrics.ts";
import { launchMetrics } from "../metrics/launch_metrics.ts";
import { missingGauges } from "../metrics/missing_gauges.ts";
import { poolGauges } from "../metrics/pool_gauges.ts";
import { sendGauges, sendHappenings, type Statsd } from "../metrics/statsd.ts";
import type { Ledger } from "../store/ledger.ts";
import type { TaskRegistry } from "./task_registry.ts";

const PERIOD = 10 * SECOND;

/** Disposing of it ends the telling. */
export function reportMetrics({ statsd, ledger, clock, tasks, report }: {
  statsd: Statsd;
  ledger: Ledger;
  clock: Clock;
  tasks: TaskRegistry;
  report: () => Pick<PoolReport, "nodes" | "config" | "providers">;
}): AsyncDisposable {
  const memory = new GaugeMemory();
  const subscription = ledger.subscribe((change) => {
    for (const { previous, next } of change.nodes) {
      if ((next ?? previous)?.role !== "node") continue;
      sendHappenings(statsd, launchMetrics(previous, next && counted(next, report())));
      sendHappenings(statsd, deleteMetrics(previous, next, { now: clock.now() }));
    }
    for (const { previous, next } of change.images) {
      sendHappenings(statsd, providerImageMetrics(previous, next));
    }
    for (const { previous, next } of change.dibImages) {
      sendHappenings(statsd, dibImageMetrics(previous, next));
    }
  });
  const task = tasks.add({
    name: "statsd",
    period: PERIOD,
    run() {
      const { nodes, config, providers } = report();
      const own = nodes.filter(({ role }) => role === "node").map((node) => counted(node, { config }));
      sendGauges(
        statsd,
        memory.complete([...poolGauges({ nodes: own, config }), ...missingGauges(providers)]),
      );
      return Promise.resolve();
    },
  });
  return {
    async [Symbol.asyncDispose]() {
      subscription[Symbol.dispose]();
      await task[Symbol.asyncDispose]();
    },
  };
}

/** A Jenkins has its nodes itself: they count as the target's. Only managers that Gearman names are told by name. */
function counted(node: NodeRecord, { config }: Pick<PoolReport, "config">): NodeRecord {
  const isJenkins = config?.targets.some(({ name, jenkins }) => name === node.target && jenkins !== null);
  return isJenkins ? { ...node, manager: null } : node;
}
