/** Moments as those at a terminal read them: by the clock on their wall, with its zone. */

const ISO = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z(?!\w)/g;

/** Each time of ISO 8601 in UTC that the text has becomes `2030-01-02 04:04:05 +01:00`. */
export function localTimes(text: string): string {
  return text.replace(ISO, localTime);
}

function localTime(iso: string): string {
  const time = Date.parse(iso);
  if (Number.isNaN(time)) return iso;
  const { shown, offset } = onWall(time);
  return `${shown.slice(0, 19).replace("T", " ")} ${zoneText(offset)}`;
}

/** ISO 8601 with milliseconds, by the clock on the wall and with its offset. @param time milliseconds since 1970 */
export function isoHere(time: number): string {
  const { shown, offset } = onWall(time);
  return `${shown}${offset === 0 ? "Z" : zoneText(offset)}`;
}

/** @returns `offset` in minutes */
function onWall(time: number): { shown: string; offset: number } {
  const offset = -new Date(time).getTimezoneOffset();
  return { shown: new Date(time + offset * 60_000).toISOString().slice(0, -1), offset };
}

/** `+02:00`, or `UTC`. @param offset minutes */
export function zoneText(offset: number): string {
  return offset === 0 ? "UTC" : offsetText(offset);
}

/** `+02:00`. @param offset minutes */
export function offsetText(offset: number): string {
  const parts = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${offset < 0 ? "-" : "+"}${parts.map((part) => String(part).padStart(2, "0")).join(":")}`;
}
