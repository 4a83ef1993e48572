/**
 * Moments as the dashboard shows them: how long ago, or how long until. They are right when the page is made; its script
 * lets them tick, from the moment that stands beside them.
 */
import { html } from "hono/html";
import {
  DAY,
  HOUR,
  type Instant,
  type Milliseconds,
  MINUTE,
  type Moment,
  SECOND,
} from "../../domain/time.ts";
import { isoTime } from "../../views/view_head.ts";
import { type Markup, momentText } from "../page.ts";

/** `45s`, `9m 55s`, `2h 5m`, `3d 4h`: the two largest units. The script writes them in the same way. */
export function shortDuration(duration: Milliseconds): string {
  const time = Math.max(0, duration);
  const count = (unit: Milliseconds, within = Infinity) => Math.floor(time / unit) % (within / unit);
  if (time >= DAY) return `${count(DAY)}d ${count(HOUR, DAY)}h`;
  if (time >= HOUR) return `${count(HOUR)}h ${count(MINUTE, HOUR)}m`;
  if (time >= MINUTE) return `${count(MINUTE)}m ${count(SECOND, MINUTE)}s`;
  return `${count(SECOND)}s`;
}

/** How long ago. */
export function age(instant: Instant, moment: Moment): Markup {
  return element(instant, { ...moment, text: shortDuration(moment.now - instant), kind: "age" });
}

/** How long until; `now` once it has come. */
export function countdown(instant: Instant, moment: Moment): Markup {
  const text = instant <= moment.now ? "now" : `in ${shortDuration(instant - moment.now)}`;
  return element(instant, { ...moment, text, kind: "until" });
}

function element(
  instant: Instant,
  { wallOffset, text, kind }: { wallOffset: Milliseconds; text: string; kind: "age" | "until" },
): Markup {
  const iso = isoTime(instant, { wallOffset });
  return html`<time datetime="${iso}" title="${momentText(iso)}" data-tick="${kind}">${text}</time>`;
}
