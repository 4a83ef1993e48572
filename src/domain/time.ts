/** Units of time, as aliases: they say what a number means where a name alone would not. */

/** A point in time: milliseconds since the Unix epoch. */
export type Instant = number;

/** A length of time in milliseconds. */
export type Milliseconds = number;

/** One second, minute, hour and day in milliseconds. */
export const SECOND: Milliseconds = 1_000;
export const MINUTE: Milliseconds = 60 * SECOND;
export const HOUR: Milliseconds = 60 * MINUTE;
export const DAY: Milliseconds = 24 * HOUR;

/** The first of the times that are known; null: none is. */
export function earliest(times: readonly (Instant | null)[]): Instant | null {
  let first: Instant | null = null;
  for (const time of times) if (time !== null && (first === null || time < first)) first = time;
  return first;
}
