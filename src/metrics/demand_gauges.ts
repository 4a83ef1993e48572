/** Gauges of what is asked for, and of what stands in the way of launches. Pure; computed at each scrape. */
import type { PoolReport } from "../domain/pool_report.ts";
import { type Instant, SECOND } from "../domain/time.ts";
import type { PutGauge } from "./metric_table.ts";

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
