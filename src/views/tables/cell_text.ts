/**
 * Text as it may stand in one cell: one line, nothing that a terminal would act on, and how wide it is.
 */
import { visibleText } from "../../lib/visible_text.ts";

export interface CellText {
  readonly text: string;
  /** Columns of a terminal that it takes: most characters one, East Asian wide ones and emoji two. */
  readonly width: number;
}

const PLAIN = /^[\x20-\x7e]*$/;
/** As `visibleText` says. */
export function cellText(text: string): CellText {
  if (PLAIN.test(text)) return { text, width: text.length };
  const shown = visibleText(text);
  return { text: shown, width: displayWidth(shown) };
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
