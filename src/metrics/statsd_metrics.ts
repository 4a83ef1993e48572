/** `Metrics` for a StatsD server. Values go out as they come and may get lost. The composition root makes one. */
import type { Milliseconds } from "../domain/time.ts";
import type { Happening, Metrics } from "./happening.ts";
import { statsdLines } from "./statsd_names.ts";

/** The sender of lines to the server; `hot_shots_statsd.ts` is the real one. */
export interface Statsd {
  /** The value now, 0 or more: a sign would make it a change of the last one. The server keeps it until the next. */
  gauge(name: string, value: number): void;
  timing(name: string, duration: Milliseconds): void;
  /** One more. */
  increment(name: string): void;
}

export class StatsdMetrics implements Metrics {
  readonly wantsGauges = true;
  readonly #statsd: Statsd;
  /** The server keeps the last value of a gauge that is no longer sent: what is gone has to be sent as 0. */
  readonly #toldGauges = new Set<string>();

  constructor(statsd: Statsd) {
    this.#statsd = statsd;
  }

  tell(happenings: readonly Happening[]): void {
    const gauges = new Map<string, number>();
    for (const { type, name, value } of happenings.flatMap(statsdLines)) {
      // What several happenings, or two names of the pool such as `a.b` and `a_b`, are to StatsD: their sum.
      if (type === "gauge") gauges.set(name, (gauges.get(name) ?? 0) + value);
      else if (type === "timing") this.#statsd.timing(name, value);
      else this.#statsd.increment(name);
    }
    if (gauges.size > 0) this.#tellGauges(gauges);
  }

  #tellGauges(gauges: ReadonlyMap<string, number>): void {
    for (const name of gauges.keys()) this.#toldGauges.add(name);
    for (const name of this.#toldGauges) this.#statsd.gauge(name, gauges.get(name) ?? 0);
  }
}
