/**
 * The samples of the last day in memory: for each group a ring with a place for each minute, so that they take no more
 * room with time. A group that is not in the newest sample is forgotten. The sampler keeps it.
 */
import { median, percentile } from "../sum_usage.ts";
import { type Instant, MINUTE, SECOND } from "../time.ts";
import {
  type PoolSamples,
  type Readings,
  readingsOf,
  type Recent,
  type WaitSummary,
} from "./pool_samples.ts";
import {
  type GroupSample,
  type Measure,
  measures,
  minuteOf,
  type Sample,
  type SampledGroup,
  SAMPLES_KEPT,
} from "./sample.ts";

/** Places of a ring. */
const MINUTES = minuteOf(SAMPLES_KEPT);

/** Numbers of a place. */
const NUMBERS = measures.length;

type Waits = NonNullable<GroupSample["waits"]>;

interface Group {
  readonly values: Int32Array;
  /** By place; those in which nobody got a node are not there. */
  readonly waits: Map<number, Waits>;
}

export class SampleBook implements PoolSamples {
  /** The minute whose sample is at a place; -1: no sample is there. */
  readonly #minutes = new Float64Array(MINUTES).fill(-1);
  readonly #groups = new Map<string, Group>();
  /** Summed once for each sample. */
  readonly #summaries = new Map<string, WaitSummary | null>();
  #newest = -1;

  /** The minute of the newest sample; -1: there is no sample. */
  get newest(): number {
    return this.#newest;
  }

  get since(): Instant | null {
    const kept = this.#minutes.filter((minute) => this.#isKept(minute));
    return kept.length === 0 ? null : kept.reduce((left, right) => Math.min(left, right)) * MINUTE;
  }

  /** @param sample newer than all before */
  add({ minute, groups }: Sample): void {
    const place = minute % MINUTES;
    this.#summaries.clear();
    this.#newest = minute;
    this.#minutes[place] = minute;
    const keys = new Set(groups.map(keyOf));
    for (const [key, group] of this.#groups) {
      if (keys.has(key)) clear(group, place);
      else this.#groups.delete(key);
    }
    for (const group of groups) this.#put(place, group);
  }

  read(of: SampledGroup, { now, span }: Recent): Readings {
    const group = this.#groups.get(keyOf(of));
    const length = minuteOf(span);
    const first = minuteOf(now) + 1 - length;
    const places = Array.from({ length }, (_, offset) => this.#placeOf(first + offset));
    return readingsOf((measure) => {
      const index = measures.indexOf(measure);
      return places.map((place) =>
        place === null ? null : told(measure, group?.values[place * NUMBERS + index])
      );
    });
  }

  waits(label: string | null): WaitSummary | null {
    const key = keyOf(label === null ? { of: "pool", name: "" } : { of: "label", name: label });
    const known = this.#summaries.get(key);
    if (known !== undefined) return known;
    const summary = this.#sumWaits(this.#groups.get(key));
    this.#summaries.set(key, summary);
    return summary;
  }

  #put(place: number, group: GroupSample): void {
    const key = keyOf(group);
    const known = this.#groups.get(key) ?? { values: new Int32Array(MINUTES * NUMBERS), waits: new Map() };
    this.#groups.set(key, known);
    known.values.set(group.values.slice(0, NUMBERS), place * NUMBERS);
    if (group.waits !== undefined) known.waits.set(place, group.waits);
  }

  #sumWaits(group: Group | undefined): WaitSummary | null {
    const lengths: number[] = [];
    for (const [place, waits] of group?.waits ?? []) {
      if (!this.#isKept(this.#minutes[place]!)) continue;
      waits.seconds.forEach((seconds, index) => {
        for (let one = 0; one < waits.counts[index]!; one++) lengths.push(seconds * SECOND);
      });
    }
    if (lengths.length === 0) return null;
    lengths.sort((left, right) => left - right);
    return { count: lengths.length, median: median(lengths)!, p95: percentile(lengths, 0.95)! };
  }

  /** null: nothing was measured in that minute. */
  #placeOf(minute: number): number | null {
    const place = minute % MINUTES;
    return this.#minutes[place] === minute ? place : null;
  }

  /** After a pause, places hold what is too old by now. */
  #isKept(minute: number): boolean {
    return minute >= 0 && minute > this.#newest - MINUTES;
  }
}

function keyOf({ of, name }: SampledGroup): string {
  return `${of} ${name}`;
}

function clear({ values, waits }: Group, place: number): void {
  values.fill(0, place * NUMBERS, (place + 1) * NUMBERS);
  waits.delete(place);
}

function told(measure: Measure, value = 0): number | null {
  return measure === "limit" && value < 0 ? null : value;
}
