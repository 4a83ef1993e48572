/** The line that a problem is about, as it is shown: cut to the width that there is, with a mark under the place. */
import { characterWidth, cutToWidth, displayWidth } from "../lib/display_width.ts";
import { visibleText } from "../lib/visible_text.ts";
import type { Problem } from "./config_error.ts";

/** Columns, where nobody says how many there are. */
const USUAL_WIDTH = 110;
const LEAST_ROOM = 20;

/** Two lines, the second with the mark; null: the problem has no line to show. */
export function formatExcerpt(
  { line, excerpt }: Pick<Problem, "line" | "excerpt">,
  { columns }: { columns: number | null },
): readonly [source: string, mark: string] | null {
  if (excerpt === null || line === null) return null;
  const { text, from, length } = excerpt;
  const part = (begin: number, end?: number) => visibleText(text.slice(begin, end));
  const [before, marked, after] = [part(0, from), part(from, from + length), part(from + length)];
  const gutter = `${String(line).padStart(6)} | `;
  const room = Math.max(LEAST_ROOM, (columns ?? USUAL_WIDTH) - gutter.length);
  const left = displayWidth(before + marked + after) <= room ? before : lastOf(before, Math.floor(room / 2));
  const source = cutToWidth(left + marked + after, room);
  const width = Math.max(1, Math.min(displayWidth(marked), room - displayWidth(left)));
  return [`${gutter}${source}`, `${" ".repeat(6)} | ${" ".repeat(displayWidth(left))}${"^".repeat(width)}`];
}

/** The same for a log; undefined: the problem has no line to show. */
export function excerptText(problem: Problem): string | undefined {
  return formatExcerpt(problem, { columns: null })?.join("\n");
}

function lastOf(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const characters = [...text];
  let rest = width - 1;
  let start = characters.length;
  while (start > 0 && rest >= characterWidth(characters[start - 1]!)) {
    rest -= characterWidth(characters[--start]!);
  }
  return `…${characters.slice(start).join("")}`;
}
