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

/** Turns instants into ages and into times of day. */
export interface Moment {
  readonly now: Instant;
  /** Added to an instant, it gives the time of the machine's clock as it is set now. */
  readonly wallOffset: Milliseconds;
}

/** The longest time that anybody may ask for. */
export const LONGEST_TIME: Milliseconds = 36_500 * DAY;

/** The end of the year 9999: later ones fit no calendar and, soon after, no `Date`. */
export const LAST_INSTANT: Instant = Date.UTC(10_000, 0, 1) - 1;

/** ISO 8601 in UTC with milliseconds; what lies outside the years 1970 to 9999 is shown as their first or last day. */
export function isoText(instant: Instant): string {
  const shown = instant >= 0 ? Math.min(Math.floor(instant), LAST_INSTANT) : 0;
  const day = Math.floor(shown / DAY);
  if (day !== lastDay.number) {
    lastDay = { number: day, text: new Date(day * DAY).toISOString().slice(0, "YYYY-MM-DDT".length) };
  }
  const [hour, minute, second] = [shown % DAY / HOUR, shown % HOUR / MINUTE, shown % MINUTE / SECOND];
  const fraction = String(shown % SECOND).padStart(3, "0");
  return `${lastDay.text}${twoDigits(hour)}:${twoDigits(minute)}:${twoDigits(second)}.${fraction}Z`;
}

/** Lists of thousands of things tell times of few days. */
let lastDay = { number: NaN, text: "" };

/** The whole part, with a zero before it where it is one digit. */
export function twoDigits(value: number): string {
  const whole = Math.floor(value);
  return whole < 10 ? `0${whole}` : String(whole);
}

/** `HH:MM:SS UTC` by the machine's clock; of another day than today's with its date before it. */
export function timeOfDay(instant: Instant, { now, wallOffset }: Moment): string {
  const [day, time] = isoText(instant + wallOffset).slice(0, 19).split("T");
  return isoText(now + wallOffset).startsWith(day!) ? `${time} UTC` : `${day} ${time} UTC`;
}

const units: Readonly<Record<string, Milliseconds>> = { d: DAY, h: HOUR, m: MINUTE, s: SECOND };

/** `10m`, `1h30m`: as people write a length of time; whole seconds, at least one. */
export function durationText(duration: Milliseconds): string {
  let rest = Math.max(SECOND, Math.round(duration / SECOND) * SECOND);
  let text = "";
  for (const [unit, length] of Object.entries(units)) {
    const count = Math.floor(rest / length);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * length;
  }
  return text;
}

/** `9m 55s`, as in running text. */
export function spacedDuration(duration: Milliseconds): string {
  return durationText(duration).replace(/(?<=[a-z])(?=\d)/g, " ");
}

/** As one writes it in a file: with the largest unit that leaves a whole number, or as seconds: `8h`, `90s`, `0.1`. */
export function briefDuration(duration: Milliseconds): string | number {
  const fitting = Object.entries(units).find(([, length]) => duration % length === 0);
  return duration === 0 || fitting === undefined
    ? duration / SECOND
    : `${duration / fitting[1]}${fitting[0]}`;
}

const amount = /(\d+(?:\.\d+)?)(ms|[smhdw])\s*/g;

/** For the JSON Schema: of all that `parseDuration` reads with units, a pattern that needs `^` and `$` around it. */
export const DURATION_PATTERN = `(?:${amount.source})+`;

const lengths: Readonly<Record<string, Milliseconds>> = { ...units, ms: 1, w: 7 * DAY };

/**
 * A length of time as people write it: `30s`, `5m`, `8h`, `1d`, `1h30m`; a bare number is seconds.
 * @returns null where it is not a duration, or longer than anybody may ask for
 */
export function parseDuration(text: string): Milliseconds | null {
  const isBare = /^\d+(\.\d+)?$/.test(text);
  if (!isBare && (text === "" || text.replaceAll(amount, "") !== "")) return null;
  const parts = [...(isBare ? `${text}s` : text).matchAll(amount)];
  const sum = parts.reduce((total, [, count, unit]) => total + Number(count) * lengths[unit!]!, 0);
  return sum <= LONGEST_TIME ? Math.round(sum) : null;
}

/**
 * A point in time as people write it: how long ago (`2h`, `1d`), a date (its beginning) or a date and time, by this
 * machine's time zone where it names none.
 * @param now by the machine's clock, as the result is
 * @returns null where it is neither
 */
export function parseMoment(text: string, now: Instant): Instant | null {
  const ago = parseDuration(text);
  if (ago !== null) return now - ago;
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  const isTime = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/.test(text);
  if (!(isDate || isTime) || !isInCalendar(text)) return null;
  const instant = Date.parse(isDate ? `${text}T00:00` : text.replace(" ", "T"));
  return Number.isNaN(instant) ? null : instant;
}

/** `Date.parse` takes the 30th of February for a day in March. @param text begins with a date */
function isInCalendar(text: string): boolean {
  const [year, month, day] = text.slice(0, 10).split("-").map(Number);
  return day! <= new Date(Date.UTC(year!, month!, 0)).getUTCDate();
}

/** A window of time as somebody asks for it; what is left out is open. */
export interface AskedWindow {
  readonly since?: Instant | undefined;
  readonly until?: Instant | undefined;
}

/**
 * Why nothing can lie in it; null: something can.
 * @param options `now` by the same clock; `mark` before the names, as those who asked write them
 */
export function whyEmpty(
  { since, until }: AskedWindow,
  { now, mark = "" }: { now: Instant; mark?: string },
): string | null {
  if (since === undefined) return null;
  if (since > now) return `${mark}since is in the future: nothing has happened since then`;
  return until !== undefined && until <= since
    ? `${mark}until is no later than ${mark}since: nothing lies between them`
    : null;
}

/** The first of the times that are known; null: none is. */
export function earliest(times: readonly (Instant | null)[]): Instant | null {
  let first: Instant | null = null;
  for (const time of times) if (time !== null && (first === null || time < first)) first = time;
  return first;
}
