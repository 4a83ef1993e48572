/** A text of several lines as one. */

/** From the first of several blanks only, so that many of them without a break take no longer than others. */
const BREAK = /(?<!\s)\s*[\r\n]\s*/g;

/** Each line break becomes a space, with the blanks around it. */
export function oneLine(text: string): string {
  return text.replace(BREAK, " ");
}
