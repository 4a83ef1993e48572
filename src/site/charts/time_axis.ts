/** The times that stand under a chart: round ones by the machine's clock and zone. Pure but for that zone. */
import { zoneText } from "../../lib/local_times.ts";
import { HOUR, type Instant, isoText, type Milliseconds, MINUTE, type Moment } from "../../domain/time.ts";

/**
 * The ticks with their texts, the zone of all times (`UTC+02:00`), and the text (`HH:MM`) at any place, which is from 0, the
 * beginning of the window, to 1, its end.
 * @param span the window's length; it ends with the present minute
 */
export function timeAxis(span: Milliseconds, { now, wallOffset }: Moment) {
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
  return {
    ticks,
    zone: zone === "UTC" ? zone : `UTC${zone}`,
    textAt: (at: number) => clockText(start + at * span),
  };
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
