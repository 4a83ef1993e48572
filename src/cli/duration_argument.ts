/** Lengths of time on the command line: `30s`, `10m`, `2h`, `2d`, `1h30m`; a bare number is seconds. */
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { DAY, HOUR, type Milliseconds, MINUTE, SECOND } from "../domain/time.ts";

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
  return duration > 0 && duration <= 36_500 * DAY ? Math.round(duration) : null;
}

/** `10m`, `1h30m`: as it would be given. */
export function formatDuration(duration: Milliseconds): string {
  let rest = Math.max(SECOND, Math.round(duration / SECOND) * SECOND);
  let text = "";
  for (const [unit, length] of Object.entries(units)) {
    const count = Math.floor(rest / length);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * length;
  }
  return text;
}
