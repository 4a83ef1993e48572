/**
 * Happenings under the names that `/metrics` shows: which counters and histograms each counts in. Gauges are computed at the
 * scrape. Texts from outside, such as a job's result, become one of a few words. Pure; `PrometheusMetrics` keeps the counts.
 */
import { failureKind, type Happening, type HappeningName, type Labels } from "./happening.ts";
import { type MetricName, metricTable } from "./metric_table.ts";

type CountedIn = Partial<Record<HappeningName, readonly MetricName[]>>;

const COUNTED_IN: Readonly<CountedIn> = {
  api_request: ["nodepool_api_requests_total", "nodepool_api_request_duration_seconds"],
  api_wait: ["nodepool_api_rate_limit_wait_seconds"],
  commit: ["nodepool_state_commit_duration_seconds"],
  delete: ["nodepool_delete_duration_seconds"],
  dib_image_build: ["nodepool_dib_image_build_duration_seconds"],
  image_update: ["nodepool_image_update_duration_seconds"],
  job: ["nodepool_job_duration_seconds"],
  launch: ["nodepool_launches_total", "nodepool_launch_duration_seconds"],
  launch_overhead: ["nodepool_launch_overhead_seconds"],
  launch_phase: ["nodepool_launch_phase_duration_seconds"],
  leak: ["nodepool_leaks_deleted_total"],
  loop_delay: ["nodepool_event_loop_delay_seconds"],
  request: ["nodepool_request_wait_seconds"],
  tick: ["nodepool_tick_duration_seconds"],
};

/** Each metric that it counts in, with the labels that it has there. */
export function prometheusCounts(
  { name, labels, kind }: Happening,
): readonly { readonly metric: MetricName; readonly labels: Record<string, string> }[] {
  if (kind === "gauge") return [];
  const bounded = boundedLabels(name, labels);
  return (COUNTED_IN[name] ?? []).map((metric) => {
    const own = metricTable[metric].labels.map((label) => [label, bounded[label] ?? ""]);
    return { metric, labels: Object.fromEntries(own) };
  });
}

function boundedLabels(name: HappeningName, labels: Labels): Labels {
  const { result = null, error = null } = labels;
  if (name === "launch") return { ...labels, reason: result === "error" ? failureKind(error) : "" };
  return name === "job" ? { ...labels, result: jobResult(result) } : labels;
}

/** Jenkins' words; a release may say anything. */
const JOB_RESULTS = new Set(["success", "failure", "unstable", "aborted", "not_built"]);

function jobResult(result: string | null): string {
  if (result === null) return "unknown";
  return JOB_RESULTS.has(result.toLowerCase()) ? result.toLowerCase() : "other";
}
