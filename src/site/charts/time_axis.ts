/** The times that stand under a chart: round ones by the machine's clock and zone. Pure but for that zone. */
import { zoneText } from "../../lib/local_times.ts";
import { HOUR, type Instant, isoText, type Milliseconds, MINUTE, type Moment } from "../../domain/time.ts";

interface Tick {
  /** From 0, the beginning of the window, to 1, its end. */
  readonly at: number;
  readonly text: string;
}

interface TimeAxis {
  readonly ticks: readonly Tick[];
  /** Of all times of the chart: `UTC+02:00`. */
  readonly zone: string;
  /** `HH:MM`. @param at from 0 to 1 */
  textAt(at: number): string;
}

/** @param span the window's length; it ends with the present minute */
export function timeAxis(span: Milliseconds, { now, wallOffset }: Moment): TimeAxis {
  const end = (Math.floor(now / MINUTE) + 1) * MINUTE;
  const offset = -new Date(end + wallOffset).getTimezoneOffset() * MINUTE;
  const local = (instant: Instant) => instant + wallOffset + offset;
  const step = stepOf(span);
  const start = local(end - span);
  const first = Math.ceil(start / step) * step;
  const count = Math.max(0, Math.ceil((local(end) - first) / step));
  const ticks = Array.from({ length: count }, (_, index) => first + index * step)
    .map((time) => ({ at: (time - start) / span, text: clockText(time) }))
    .filter(({ at }) => at <= LAST_TICK);
  const zone = zoneText(offset / MINUTE);
  return { ticks, zone: zone === "UTC" ? zone : `UTC${zone}`, textAt: (at) => clockText(start + at * span) };
}

/** The text of a later one would stick out. */
const LAST_TICK = 0.97;

/** Some six ticks, at times that people count in. */
function stepOf(span: Milliseconds): Milliseconds {
  return [10 * MINUTE, HOUR, 4 * HOUR].find((step) => span / step <= 6) ?? 4 * HOUR;
}

function clockText(local: Instant): string {
  return isoText(local).slice(11, 16);
}
