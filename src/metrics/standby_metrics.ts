/** The metrics of a standby: that it does not lead, and what its process uses. Its leader has those of the pool. */
import { Counter, Gauge, Registry } from "@prometheus-io/client";
import { SECOND } from "../domain/time.ts";
import type { ProcessFacts } from "./daemon_gauges.ts";
import { type MetricName, metricTable } from "./metric_table.ts";
import { openMetricsOf } from "./open_metrics.ts";

interface StandbyFacts extends Omit<ProcessFacts, "longestDelay" | "queuedChanges"> {
  /** Of the pool, as etcd's address ends. */
  readonly pool: string;
  /** Milliseconds since 1970, by the machine's clock. */
  readonly startedAt: number;
}

/** As Prometheus' own text or as OpenMetrics. */
export async function scrapeStandby(
  { pool, startedAt, version, commit, deno, cpuSeconds, residentBytes }: StandbyFacts,
  { isOpenMetrics }: { isOpenMetrics: boolean },
): Promise<{ readonly contentType: string; readonly body: string }> {
  const own = new Registry();
  const put = (name: MetricName, value: number, labels: Readonly<Record<string, string>> = {}) => {
    const { help, type } = metricTable[name];
    const settings = { name, help, labelNames: Object.keys(labels), registers: [own] };
    if (type === "counter") new Counter(settings).inc(labels, value);
    else new Gauge(settings).set(labels, value);
  };
  put("nodepool_leader", 0, { pool });
  put("nodepool_build_info", 1, { version, commit, deno });
  put("process_cpu_seconds_total", cpuSeconds);
  put("process_resident_memory_bytes", residentBytes);
  put("process_start_time_seconds", startedAt / SECOND);
  const registry = isOpenMetrics ? openMetricsOf(own) : own;
  return { contentType: registry.contentType, body: await registry.metrics() };
}
