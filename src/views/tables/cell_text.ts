/**
 * Text as it may stand in one cell: one line, nothing that a terminal would act on, and how wide it is.
 */
import { characterWidth, displayWidth } from "../../lib/display_width.ts";
import { visibleText } from "../../lib/visible_text.ts";

export interface CellText {
  readonly text: string;
  /** Columns of a terminal. */
  readonly width: number;
}

const PLAIN = /^[\x20-\x7e]*$/;
/** As `visibleText` says. */
export function cellText(text: string): CellText {
  if (PLAIN.test(text)) return { text, width: text.length };
  const shown = visibleText(text);
  return { text: shown, width: displayWidth(shown) };
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
