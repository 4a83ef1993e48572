/**
 * Text as it may stand in one cell: one line, nothing that a terminal would act on. Names and errors come from
 * clouds and users; an escape sequence in them must not reach anybody's terminal.
 */

export interface CellText {
  readonly text: string;
  /** Columns of a terminal that it takes: most characters one, East Asian wide ones and emoji two. */
  readonly width: number;
}

const PLAIN = /^[\x20-\x7e]*$/;
/** What moves the cursor or turns the direction of writing. */
// deno-lint-ignore no-control-regex
const CONTROLS = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Line breaks become spaces, other control characters `\u001b`. */
export function cellText(text: string): CellText {
  if (PLAIN.test(text)) return { text, width: text.length };
  const shown = text.replace(/\s*[\r\n]+\s*/g, " ").replaceAll("\t", " ").replace(CONTROLS, escape);
  return { text: shown, width: displayWidth(shown) };
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The beginning of the text that fits, with `…` where something was cut off. */
export function truncate(cell: CellText, width: number): CellText {
  if (cell.width <= width) return cell;
  let kept = "";
  let used = 1;
  for (const character of cell.text) {
    if (used + characterWidth(character) > width) break;
    used += characterWidth(character);
    kept += character;
  }
  return { text: `${kept}…`, width: used };
}

const COMBINING = /\p{Mark}|\u200d/u;
const DOUBLE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;

function characterWidth(character: string): number {
  if (PLAIN.test(character)) return 1;
  return COMBINING.test(character) ? 0 : DOUBLE.test(character) ? 2 : 1;
}
