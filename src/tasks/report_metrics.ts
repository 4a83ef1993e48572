/** Reports the pool in numbers: events as they happen and, to those who want them, gauges now and then. */
import type { NodeRecord } from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { type Milliseconds, SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { type Metrics, took } from "../metrics/happening.ts";
import type { LaunchOverhead } from "../metrics/launch_overhead.ts";
import { missingGauges, poolGauges } from "../metrics/pool_gauges.ts";
import {
  dibImageHappenings,
  nodeHappenings,
  providerImageHappenings,
  requestHappenings,
} from "../metrics/record_happenings.ts";
import type { Ledger } from "../store/ledger.ts";
import type { TaskRegistry } from "./task_registry.ts";

const PERIOD = 10 * SECOND;

/** Disposing of it ends the reports. */
export function reportMetrics({ metrics, ledger, clock, tasks, config, report, overhead, late }: {
  metrics: Metrics;
  ledger: Ledger;
  clock: Clock;
  tasks: TaskRegistry;
  config: () => PoolReport["config"];
  report: () => Pick<PoolReport, "nodes" | "providers">;
  overhead: LaunchOverhead;
  /** How long ago the cloud had a node's server ACTIVE. */
  late: (node: NodeRecord) => Milliseconds;
}): AsyncDisposable {
  const subscription = ledger.subscribe(({ nodes, requests, images, dibImages, writeTime }) => {
    metrics.tell([took("commit", {}, writeTime)]);
    for (const { previous, next } of nodes) {
      if ((next ?? previous)?.role !== "node") continue;
      const own = overhead.note(previous, next, { now: clock.now(), late });
      if (own !== null) metrics.tell([took("launch_overhead", { provider: next!.provider }, own)]);
      metrics.tell(nodeHappenings(previous, next && counted(next, config()), { now: clock.now() }));
    }
    for (const { previous, next } of requests) {
      metrics.tell(requestHappenings(previous, next, { now: clock.now() }));
    }
    for (const { previous, next } of images) metrics.tell(providerImageHappenings(previous, next));
    for (const { previous, next } of dibImages) metrics.tell(dibImageHappenings(previous, next));
  });
  const task = !metrics.wantsGauges ? null : tasks.add({
    name: "statsd",
    period: PERIOD,
    run() {
      const { nodes, providers } = report();
      const own = nodes.filter(({ role }) => role === "node").map((node) => counted(node, config()));
      metrics.tell([...poolGauges({ nodes: own, config: config() }), ...missingGauges(providers)]);
      return Promise.resolve();
    },
  });
  return {
    async [Symbol.asyncDispose]() {
      subscription[Symbol.dispose]();
      await task?.[Symbol.asyncDispose]();
    },
  };
}

/**
 * A Jenkins has its nodes itself: they count as the target's. Only managers that Gearman names are reported by name.
 */
function counted(node: NodeRecord, config: PoolReport["config"]): NodeRecord {
  const isJenkins = config?.targets.some(({ name, jenkins }) => name === node.target && jenkins !== null);
  return isJenkins ? { ...node, manager: null } : node;
}
