/**
 * What is told to a StatsD server: the port. Values go out as they come and may get lost; nothing waits for them and
 * nothing of it fails. `hot_shots_statsd.ts` is the real one.
 */
import type { Milliseconds } from "../domain/time.ts";

export interface Statsd {
  /** The value now, 0 or more: a sign would make it a change of the last one. The server keeps it until the next. */
  gauge(name: string, value: number): void;
  timing(name: string, duration: Milliseconds): void;
  /** One more. */
  increment(name: string): void;
}

export interface Gauge {
  readonly name: string;
  readonly value: number;
}

/** Something that happened: how long it took, or just that it did. */
export type Happening =
  | { readonly type: "timing"; readonly name: string; readonly duration: Milliseconds }
  | { readonly type: "count"; readonly name: string };

/** What took so long and counts once, both under one name, as in 2016. */
export function timedCount(name: string, duration: Milliseconds): readonly Happening[] {
  return [{ type: "timing", name, duration }, { type: "count", name }];
}

export function sendGauges(statsd: Statsd, gauges: readonly Gauge[]): void {
  for (const { name, value } of gauges) statsd.gauge(name, value);
}

export function sendHappenings(statsd: Statsd, happenings: readonly Happening[]): void {
  for (const happening of happenings) {
    if (happening.type === "timing") statsd.timing(happening.name, happening.duration);
    else statsd.increment(happening.name);
  }
}
