/**
 * Which gauges have been told: StatsD keeps the last value of one that is told no more, so what is gone (a provider, a
 * label, a manager without nodes) is told as 0 from then on. Whoever reports to StatsD has one.
 */
import type { Gauge } from "./statsd.ts";

export class GaugeMemory {
  readonly #told = new Set<string>();

  /** The gauges, and 0 for each that was among them earlier and is not now. */
  complete(gauges: readonly Gauge[]): readonly Gauge[] {
    const current = new Set(gauges.map(({ name }) => name));
    const gone = [...this.#told].filter((name) => !current.has(name));
    for (const name of current) this.#told.add(name);
    return [...gauges, ...gone.map((name) => ({ name, value: 0 }))];
  }
}
