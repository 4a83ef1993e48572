/**
 * A sample: the pool in numbers at a whole minute, for each group of servers that is shown by itself. A task takes one
 * every minute, the state keeps those of a day, and charts draw them.
 */
import { DAY, type Instant, type Milliseconds, MINUTE } from "../time.ts";

/**
 * The numbers of a group, in the order in which a sample has them. Servers by state; launches that failed in the minute
 * before; requests that wait, and the age of the oldest in seconds; the most servers that there may be.
 */
export const measures = [
  "building",
  "ready",
  "used",
  "held",
  "deleting",
  "failed",
  "waiting",
  "oldest",
  "limit",
] as const;

export type Measure = typeof measures[number];

/** Whose numbers they are; the pool as a whole has an empty name. */
export interface SampledGroup {
  readonly of: "pool" | "label" | "provider";
  readonly name: string;
}

export function groupKey({ of, name }: SampledGroup): string {
  return `${of} ${name}`;
}

export interface GroupSample extends SampledGroup {
  /** In the order of `measures`; a limit of -1: no limit. */
  readonly values: readonly number[];
  /** Of a label: how long those had waited who got nodes in the minute before, and how many of them each time. */
  readonly waits?: { readonly seconds: readonly number[]; readonly counts: readonly number[] };
}

export interface Sample {
  /** Since the Unix epoch. */
  readonly minute: number;
  readonly groups: readonly GroupSample[];
}

/** How long a sample is kept. */
export const SAMPLES_KEPT: Milliseconds = DAY;

export const wholePool: SampledGroup = { of: "pool", name: "" };

export function minuteOf(instant: Instant): number {
  return Math.floor(instant / MINUTE);
}
