/** Lengths of time on the command line: `30s`, `10m`, `2h`, `2d`, `1h30m`; a bare number is seconds. */
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { DAY, HOUR, LONGEST_TIME, type Milliseconds, MINUTE, SECOND } from "../domain/time.ts";

const units: Readonly<Record<string, Milliseconds>> = { d: DAY, h: HOUR, m: MINUTE, s: SECOND };

/** For commander's options. */
export function durationArgument(text: string): Milliseconds {
  const duration = parseDuration(text);
  if (duration === null) throw new InvalidArgumentError("A time like 90s, 10m, 2h or 1d is expected.");
  return duration;
}

/** null where it is none, or nothing at all. */
export function parseDuration(text: string): Milliseconds | null {
  if (/^\d+(\.\d+)?$/.test(text)) return positive(Number(text) * SECOND);
  if (!/^(\d+(\.\d+)?[dhms])+$/.test(text)) return null;
  const parts = text.matchAll(/([\d.]+)([dhms])/g);
  return positive([...parts].reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0));
}

function positive(duration: Milliseconds): Milliseconds | null {
  return duration > 0 && duration <= LONGEST_TIME ? Math.round(duration) : null;
}
