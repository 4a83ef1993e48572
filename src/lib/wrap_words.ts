/**
 * Text in lines that fit a terminal, broken between words only. A word that is wider than the terminal, such as an
 * address or a path, stays whole: the terminal breaks it, and it can still be copied.
 */
import { displayWidth } from "./display_width.ts";

/** The lines of one paragraph. @param widthOf of a word, where it has more in it than what is seen */
export function wrapWords(text: string, width: number, widthOf = displayWidth): string[] {
  const lines: string[] = [];
  let room = 0;
  for (const word of text.split(/ +/)) {
    const needed = widthOf(word);
    if (lines.length === 0 || needed + 1 > room) {
      lines.push(word);
      room = width - needed;
    } else {
      lines[lines.length - 1] += ` ${word}`;
      room -= needed + 1;
    }
  }
  return lines;
}

/** Columns of the widest word: less room than that, and a line is too long. */
export function longestWord(text: string): number {
  return text.split(" ").reduce((longest, word) => Math.max(longest, displayWidth(word)), 0);
}

/** A term, and the blanks between it and what is said of it. */
const TERM = /^ *(\S.*? {2,})?/;

/** Each line that is too long goes on below, as far in as its last column begins. */
export function wrapLines(text: string, width: number): string {
  return text.split("\n").map((line) => displayWidth(line) <= width ? line : hang(line, width)).join("\n");
}

function hang(line: string, width: number): string {
  const term = line.match(TERM)![0];
  const indent = displayWidth(term);
  if (indent <= width / 2 && longestWord(line.slice(term.length)) <= width - indent) {
    const lines = wrapWords(line.slice(term.length), width - indent);
    return term + lines.join(`\n${" ".repeat(indent)}`);
  }
  const blanks = " ".repeat(line.match(/^ */)![0].length + 4);
  const lines = wrapWords(line.slice(term.length), width - blanks.length);
  return [term.trimEnd(), ...lines.map((text) => blanks + text)].join("\n");
}
