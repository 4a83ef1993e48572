/** The samples of a pool as charts and pages read them: the port. The sampler has them; without a daemon there are no samples. */
import type { Instant, Milliseconds } from "../time.ts";
import { type Measure, measures, minuteOf, type SampledGroup } from "./sample.ts";

/** One value a minute, the last one of the present minute; null: nobody measured, or there is no limit. */
export type Readings = Readonly<Record<Measure, readonly (number | null)[]>>;

/** How long requests waited for the nodes that they got. */
export interface WaitSummary {
  /** Nodes that were granted. */
  readonly count: number;
  readonly median: Milliseconds;
  /** 95 of 100 did not wait longer. */
  readonly p95: Milliseconds;
}

/** A window of time up to now. */
export interface Recent {
  readonly now: Instant;
  readonly span: Milliseconds;
}

export interface PoolSamples {
  /** When the oldest sample was taken; null: there is no sample. */
  readonly since: Instant | null;
  /** A group that there was not yet has zeros. */
  read(group: SampledGroup, recent: Recent): Readings;
  /** Of a label, in all samples that are kept; null: nobody got a node. */
  waits(label: string): WaitSummary | null;
}

export function readingsOf(valuesOf: (measure: Measure) => Readings[Measure]): Readings {
  return Object.fromEntries(measures.map((measure) => [measure, valuesOf(measure)])) as unknown as Readings;
}

export const noSamples: PoolSamples = {
  since: null,
  read: (_group, { span }) => readingsOf(() => Array.from({ length: minuteOf(span) }, () => null)),
  waits: () => null,
};
