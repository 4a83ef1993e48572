/**
 * `Metrics` for Prometheus, which comes to fetch them: counters and histograms are kept from what happens, gauges are
 * computed from the pool's report at each scrape. What the configuration no longer names and no record has disappears.
 * The daemon makes one, and `/metrics` shows it.
 */
import { Counter, Gauge, Histogram, Registry } from "@prometheus-io/client";
import type { PoolReport } from "../domain/pool_report.ts";
import { SECOND } from "../domain/time.ts";
import { type ProcessFacts, putDaemonGauges, putMachineGauges } from "./daemon_gauges.ts";
import { failureKind, type Happening, type HappeningName, type Labels, type Metrics } from "./happening.ts";
import { putImageGauges } from "./image_gauges.ts";
import { type MetricName, type MetricRow, metricTable, type PutGauge } from "./metric_table.ts";
import { putDemandGauges, putNodeGauges } from "./node_gauges.ts";
import { openMetricsOf } from "./open_metrics.ts";
import { putProviderGauges } from "./provider_gauges.ts";

/** Of a series. */
type SeriesLabels = Readonly<Record<string, string>>;

export class PrometheusMetrics implements Metrics {
  readonly wantsGauges = false;
  readonly #registry = new Registry();
  readonly #openMetrics: Registry;
  readonly #gauges = new Map<MetricName, Gauge<string>>();
  readonly #counters = new Map<MetricName, Counter<string> | Histogram<string>>();
  /** Of all counts that there are, by metric. */
  readonly #labels = new Map<MetricName, Map<string, SeriesLabels>>();

  constructor() {
    for (const [name, row] of Object.entries(metricTable) as [MetricName, MetricRow][]) this.#add(name, row);
    this.#openMetrics = openMetricsOf(this.#registry);
  }

  tell(happenings: readonly Happening[]): void {
    for (const happening of happenings) {
      if (!Number.isFinite(happening.value)) continue;
      for (const { metric, labels } of prometheusCounts(happening)) {
        const counter = this.#counters.get(metric)!;
        const shown = unambiguous(labels);
        if (counter instanceof Histogram) counter.observe(shown, Math.max(0, happening.value / SECOND));
        else counter.inc(shown);
        this.#remember(metric, labels);
      }
    }
  }

  /** All of it as it is now, as Prometheus' own text or as OpenMetrics. */
  async scrape(
    report: PoolReport,
    { facts, isOpenMetrics }: { facts: ProcessFacts; isOpenMetrics: boolean },
  ): Promise<{ readonly contentType: string; readonly body: string }> {
    const areKnown = knownNames(report);
    this.#forgetAllBut(areKnown);
    this.#computeGauges(report, { facts, areKnown });
    const registry = isOpenMetrics ? this.#openMetrics : this.#registry;
    return { contentType: registry.contentType, body: await registry.metrics() };
  }

  #add(name: MetricName, { type, labels, help, buckets = [] }: MetricRow): void {
    const settings = { name, help, labelNames: [...labels], registers: [this.#registry] };
    if (type === "gauge") this.#gauges.set(name, new Gauge(settings));
    else if (type === "counter") this.#counters.set(name, new Counter(settings));
    else this.#counters.set(name, new Histogram({ ...settings, buckets: [...buckets] }));
  }

  #computeGauges(report: PoolReport, { facts, areKnown }: { facts: ProcessFacts; areKnown: AreKnown }): void {
    for (const gauge of this.#gauges.values()) gauge.reset();
    const put: PutGauge = (name, labels, value) => {
      if (Number.isFinite(value) && areKnown(labels)) this.#gauges.get(name)!.set(unambiguous(labels), value);
    };
    putNodeGauges(report, put);
    putDemandGauges(report, put);
    putProviderGauges(report, put);
    putImageGauges(report, put);
    putMachineGauges(report, put);
    putDaemonGauges(report, { facts, put });
    const cpu = this.#counters.get("process_cpu_seconds_total") as Counter;
    cpu.reset();
    cpu.inc(facts.cpuSeconds);
  }

  #remember(metric: MetricName, labels: SeriesLabels): void {
    if (metricTable[metric].labels.length === 0) return;
    this.#labels.getOrInsertComputed(metric, () => new Map()).set(JSON.stringify(labels), labels);
  }

  #forgetAllBut(areKnown: AreKnown): void {
    for (const [metric, all] of this.#labels) {
      for (const [key, labels] of all) {
        if (areKnown(labels)) continue;
        this.#counters.get(metric)!.remove(unambiguous(labels));
        all.delete(key);
      }
    }
  }
}

/** The client tells series apart by their values joined with `|`: a name that has one could be taken for two. */
function unambiguous(labels: SeriesLabels): SeriesLabels {
  for (const value of Object.values(labels)) {
    if (!value.includes("|")) continue;
    const entries = Object.entries(labels).map(([label, value]) => [label, value.replaceAll("|", "¦")]);
    return Object.fromEntries(entries);
  }
  return labels;
}

/** Tells whether all names in labels are known. */
type AreKnown = (labels: Readonly<Record<string, string>>) => boolean;

/**
 * By the names of the configuration, and of what is left of things that it named before: nothing is shown under any
 * other name.
 */
function knownNames({ config, nodes, requests, images, dibImages }: PoolReport): AreKnown {
  // What stands in the way everywhere is at no provider, and servers that are there for an image belong to no label.
  const provider = new Set(["", ...(config?.providers ?? []).map(({ name }) => name)]);
  const label = new Set(["", ...(config?.labels ?? []).map(({ name }) => name)]);
  const image = new Set(dibImages.map(({ name }) => name));
  for (const { name } of config?.diskimages ?? []) image.add(name);
  for (const { name } of config?.providers.flatMap(({ images }) => images) ?? []) image.add(name);
  for (const node of nodes) {
    provider.add(node.provider);
    label.add(node.label);
  }
  for (const request of requests) label.add(request.label);
  for (const one of images) {
    provider.add(one.provider);
    image.add(one.image);
  }
  const names: Readonly<Record<string, ReadonlySet<string>>> = { provider, label, image };
  return (labels) => {
    for (const label in labels) if (names[label]?.has(labels[label]!) === false) return false;
    return true;
  };
}

/** The counters and histograms in which happenings count. */
const COUNTED_IN: Readonly<Partial<Record<HappeningName, readonly MetricName[]>>> = {
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

/** Each metric that it counts in, with the labels that it has there: texts from outside become one of a few words. */
function prometheusCounts(
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
