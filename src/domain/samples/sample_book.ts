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
  groupKey,
  type GroupSample,
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

export class SampleBook implements PoolSamples {
  /** The minute whose sample is at a place; -1: no sample is there. */
  readonly #minutes = new Float64Array(MINUTES).fill(-1);
  readonly #groups = new Map<string, GroupRing>();
  #newest = -1;

  /** The minute of the newest sample; -1: there is no sample. */
  get newest(): number {
    return this.#newest;
  }

  get since(): Instant | null {
    const kept = this.#minutes.filter((minute) => minute >= 0);
    return kept.length === 0 ? null : kept.reduce((left, right) => Math.min(left, right)) * MINUTE;
  }

  /** @param sample newer than all before */
  add({ minute, groups }: Sample): void {
    // Those of a day before, also of the minutes in which nobody measured.
    for (let one = Math.max(this.#newest + 1, minute + 1 - MINUTES); one <= minute; one++) {
      this.#clear(one % MINUTES);
    }
    this.#newest = minute;
    this.#minutes[minute % MINUTES] = minute;
    const keys = new Set(groups.map(groupKey));
    for (const key of this.#groups.keys()) if (!keys.has(key)) this.#groups.delete(key);
    for (const group of groups) {
      this.#groups.getOrInsertComputed(groupKey(group), () => new GroupRing()).put(minute % MINUTES, group);
    }
  }

  read(of: SampledGroup, { now, span }: Recent): Readings {
    const group = this.#groups.get(groupKey(of));
    const length = minuteOf(span);
    const first = minuteOf(now) + 1 - length;
    const places = Array.from({ length }, (_, offset) => this.#placeOf(first + offset));
    return readingsOf((measure) => {
      const index = measures.indexOf(measure);
      return places.map((place) => {
        const value = place === null ? null : group?.values[place * NUMBERS + index] ?? 0;
        return value !== null && value < 0 && measure === "limit" ? null : value;
      });
    });
  }

  waits(label: string): WaitSummary | null {
    return this.#groups.get(groupKey({ of: "label", name: label }))?.waits ?? null;
  }

  #clear(place: number): void {
    if (this.#minutes[place] === -1) return;
    this.#minutes[place] = -1;
    for (const group of this.#groups.values()) group.clear(place);
  }

  /** null: nothing was measured in that minute. */
  #placeOf(minute: number): number | null {
    const place = minute % MINUTES;
    return this.#minutes[place] === minute ? place : null;
  }
}

/** The samples of one group. */
class GroupRing {
  readonly values = new Int32Array(MINUTES * NUMBERS);
  /** By place; those in which nobody got a node are not there. */
  readonly #waits = new Map<number, NonNullable<GroupSample["waits"]>>();
  /** How often each length is in all of them. */
  readonly #lengths = new Map<number, number>();
  /** Of them all; undefined: not summed since the last change. */
  #summary: WaitSummary | null | undefined;

  /** @param place a clear one */
  put(place: number, { values, waits }: GroupSample): void {
    this.values.set(values.slice(0, NUMBERS), place * NUMBERS);
    if (waits === undefined) return;
    this.#waits.set(place, waits);
    this.#count(waits, 1);
  }

  clear(place: number): void {
    this.values.fill(0, place * NUMBERS, (place + 1) * NUMBERS);
    const waits = this.#waits.get(place);
    if (waits === undefined) return;
    this.#waits.delete(place);
    this.#count(waits, -1);
  }

  get waits(): WaitSummary | null {
    return this.#summary ??= this.#sumWaits();
  }

  #sumWaits(): WaitSummary | null {
    const lengths = [...this.#lengths].sort(([left], [right]) => left - right);
    const sorted = new Float64Array(lengths.reduce((sum, [, count]) => sum + count, 0));
    if (sorted.length === 0) return null;
    let from = 0;
    for (const [seconds, count] of lengths) sorted.fill(seconds * SECOND, from, from += count);
    return { count: sorted.length, median: median(sorted)!, p95: percentile(sorted, 0.95)! };
  }

  #count({ seconds, counts }: NonNullable<GroupSample["waits"]>, by: 1 | -1): void {
    this.#summary = undefined;
    for (const [index, length] of seconds.entries()) {
      const count = (this.#lengths.get(length) ?? 0) + by * (counts[index] ?? 0);
      if (count > 0) this.#lengths.set(length, count);
      else this.#lengths.delete(length);
    }
  }
}
