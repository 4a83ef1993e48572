/**
 * The head that all views have in common. The JSON that the commands and the status endpoint print is a view as it
 * is: keys in snake_case, times as ISO 8601 in UTC, durations in whole seconds, what is not known is null. A key is
 * never given another meaning; a view that must change incompatibly raises VIEW_VERSION.
 */
import * as v from "valibot";
import type { Instant, Milliseconds, Moment } from "../domain/time.ts";
import { isoText, LAST_INSTANT, SECOND } from "../domain/time.ts";
import { string } from "./view_schema.ts";

/** The version that every view carries in `version`. */
export const VIEW_VERSION = 1;

/** First of every view: its version and the moment it shows. */
const head = {
  version: v.literal(VIEW_VERSION),
  /** ISO 8601. */
  at: string,
};
type ViewHead = v.InferOutput<v.ObjectSchema<typeof head, undefined>>;

/** The schema of a view: its head and its own entries. */
export function viewSchema<Entries extends v.ObjectEntries>(entries: Entries) {
  return v.object({ ...head, ...entries });
}

/** The head of a view of that moment. */
export function viewHead(moment: Moment): ViewHead {
  return { version: VIEW_VERSION, at: isoTime(moment.now, moment) };
}

/** By the machine's clock, as ISO 8601 in UTC with milliseconds. */
export function isoTime(instant: Instant, { wallOffset }: WallTime): string {
  return isoText(instant + wallOffset);
}

/** As `isoTime`; null stays null. */
export function isoTimeOrNull(instant: Instant | null, wallTime: WallTime): string | null {
  return instant === null ? null : isoTime(instant, wallTime);
}

export type WallTime = Pick<Moment, "wallOffset">;

/** Whole seconds; at least none, whatever a damaged record says, and at most as many as there are in the calendar. */
export function seconds(duration: Milliseconds): number {
  return duration >= 0 ? Math.floor(Math.min(duration, LAST_INSTANT) / SECOND) : 0;
}

/** For sorting rows by these keys: numbers by their values, texts by Unicode code units, the same on every machine. */
export function byKeys<Key extends string>(...keys: readonly Key[]) {
  return <Row extends Readonly<Record<Key, string | number>>>(left: Row, right: Row): number => {
    for (const key of keys) if (left[key] !== right[key]) return left[key] < right[key] ? -1 : 1;
    return 0;
  };
}

/** For sorting: by Unicode code units, the same on every machine. */
export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
