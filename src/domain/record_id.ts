/**
 * The ids that records are numbered with: whole numbers from 1, given out in order and never twice. What clouds show
 * is bounded before it counts as one: anybody in the project can write any number into a server's metadata.
 */

/** A pool that launches a thousand nodes a second reaches it after 34 years. */
export const LARGEST_ID = 2 ** 40;

/**
 * A state is seldom older than this number of launches: a mark further above our next id than this moves no counter.
 */
export const LARGEST_JUMP = 1_000_000;

export function isRecordId(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= LARGEST_ID;
}
