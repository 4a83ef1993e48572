/**
 * `Metrics` for Prometheus, which comes to fetch them: counters and histograms are kept from what happens, gauges are
 * computed from the pool's report at each scrape. What the configuration no longer names and no record has disappears.
 * The daemon makes one, and `/metrics` shows it.
 */
import { Counter, Gauge, Histogram, Registry } from "@prometheus-io/client";
import type { PoolReport } from "../domain/pool_report.ts";
import { SECOND } from "../domain/time.ts";
import { type ProcessFacts, putDaemonGauges, putMachineGauges } from "./daemon_gauges.ts";
import { putDemandGauges } from "./demand_gauges.ts";
import type { Happening, Metrics } from "./happening.ts";
import { putImageGauges } from "./image_gauges.ts";
import { type AreKnown, knownNames } from "./known_names.ts";
import { type MetricName, type MetricRow, metricTable, type PutGauge } from "./metric_table.ts";
import { putNodeGauges } from "./node_gauges.ts";
import { openMetricsOf } from "./open_metrics.ts";
import { prometheusCounts } from "./prometheus_names.ts";
import { putProviderGauges } from "./provider_gauges.ts";

interface Scrape {
  readonly contentType: string;
  readonly body: string;
}

type Labels = Readonly<Record<string, string>>;

export class PrometheusMetrics implements Metrics {
  readonly wantsGauges = false;
  readonly #registry = new Registry();
  readonly #openMetrics: Registry;
  readonly #gauges = new Map<MetricName, Gauge<string>>();
  readonly #counters = new Map<MetricName, Counter<string> | Histogram<string>>();
  /** Of all counts that there are, by metric. */
  readonly #labels = new Map<MetricName, Map<string, Labels>>();

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
  ): Promise<Scrape> {
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

  #remember(metric: MetricName, labels: Labels): void {
    if (metricTable[metric].labels.length === 0) return;
    const known = this.#labels.get(metric) ?? new Map<string, Labels>();
    known.set(JSON.stringify(labels), labels);
    this.#labels.set(metric, known);
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
function unambiguous(labels: Labels): Labels {
  for (const value of Object.values(labels)) {
    if (!value.includes("|")) continue;
    const entries = Object.entries(labels).map(([label, value]) => [label, value.replaceAll("|", "¦")]);
    return Object.fromEntries(entries);
  }
  return labels;
}
