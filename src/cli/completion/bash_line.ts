/**
 * A command line as bash has it. Bash leaves all to the program that completes: to take quotes off the words, and to print
 * exactly the text that replaces the piece which readline regards as the last word. That piece begins after the
 * last quote, or after a character of COMP_WORDBREAKS, such as `=` and `:`, within a word.
 */
import type { TypedLine } from "./typed_line.ts";

type Quote = "'" | '"' | null;

interface Word {
  text: string;
  /** The length of the part of the text that readline leaves as it is. */
  kept: number;
}

/** @param line with the program, up to the cursor */
export function bashLine(line: string, wordBreaks: string): TypedLine {
  const words: Word[] = [];
  let word: Word | null = null;
  let quote: Quote = null;
  for (let at = 0; at < line.length; at++) {
    const letter = line[at]!;
    if (quote === null && /\s/.test(letter)) {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    word ??= { text: "", kept: 0 };
    const isEscape = letter === "\\" &&
      (quote === null || quote === '"' && /["\\$`]/.test(line[at + 1] ?? ""));
    if (isEscape) word.text += line[++at] ?? "";
    else if (letter === quote || quote === null && (letter === "'" || letter === '"')) {
      quote = quote === null ? letter as Quote : null;
      word.kept = word.text.length;
    } else {
      word.text += letter;
      if (quote === null && wordBreaks.includes(letter)) word.kept = word.text.length;
    }
  }
  const { text: current, kept } = word ?? { text: "", kept: 0 };
  return {
    words: words.slice(1).map(({ text }) => text),
    current,
    format: (value) => escaped(value.slice(kept), quote),
  };
}

function escaped(text: string, quote: Quote): string {
  if (quote === "'") return text.replaceAll("'", `'\\''`);
  if (quote === '"') return text.replaceAll(/["\\$`]/g, "\\$&");
  return text.replaceAll(/[^\p{L}\p{N}_@%+=:,./-]/gu, "\\$&");
}
