/** How many columns of a terminal a text takes: most characters one, East Asian wide ones and emoji two. */
import { isPlainText } from "./visible_text.ts";

/** Terminals show a soft hyphen; the other characters of this kind they do not. */
const COMBINING =
  /\p{Mark}|(?![\u00ad\u115f\u3164])\p{Default_Ignorable_Code_Point}|[\u1160-\u11ff\ufff9-\ufffb]/u;
const DOUBLE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;

export function displayWidth(text: string): number {
  if (isPlainText(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The beginning of a text that fits, with `…` where something was cut off. */
export function cutToWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = "";
  let room = width - 1;
  for (const character of text) {
    room -= characterWidth(character);
    if (room < 0) break;
    kept += character;
  }
  return `${kept}…`;
}

export function characterWidth(character: string): number {
  if (isPlainText(character)) return 1;
  return COMBINING.test(character) ? 0 : DOUBLE.test(character) ? 2 : 1;
}
