/** Gauges of what is asked for, and of what stands in the way of launches. Pure; computed at each scrape. */
import type { PoolReport } from "../domain/pool_report.ts";
import type { NodeRequest } from "../domain/request.ts";
import { SECOND } from "../domain/time.ts";
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

interface LabelRequests {
  waiting: number;
  granted: number;
  nodes: number;
  /** When the oldest one was made, by reason. */
  readonly oldest: Map<string, number>;
}

function putRequests({ requests, waits, config, now }: PoolReport, put: PutGauge): void {
  const none = (): LabelRequests => ({ waiting: 0, granted: 0, nodes: 0, oldest: new Map() });
  const byLabel = new Map((config?.labels ?? []).map(({ name }) => [name, none()]));
  for (const request of requests) {
    const counts = byLabel.get(request.label) ?? none();
    byLabel.set(request.label, counts);
    const reasons = new Set((waits.get(request.id) ?? []).map(({ obstacle }) => obstacle.kind));
    countRequest(counts, request, reasons);
  }
  for (const [label, { waiting, granted, nodes, oldest }] of byLabel) {
    put("nodepool_requests", { label, state: "waiting" }, waiting);
    put("nodepool_requests", { label, state: "granted" }, granted);
    put("nodepool_requested_nodes", { label }, nodes);
    for (const [reason, since] of oldest) {
      put("nodepool_oldest_request_age_seconds", { label, reason }, (now - since) / SECOND);
    }
  }
}

function countRequest(
  counts: LabelRequests,
  { grantedAt, count, createdAt }: NodeRequest,
  reasons: ReadonlySet<string>,
): void {
  if (grantedAt !== null) {
    counts.granted++;
    return;
  }
  counts.waiting++;
  counts.nodes += count;
  for (const reason of reasons.size === 0 ? UNPLANNED : reasons) {
    counts.oldest.set(reason, Math.min(counts.oldest.get(reason) ?? Infinity, createdAt));
  }
}
