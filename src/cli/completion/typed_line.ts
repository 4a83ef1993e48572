/** A command line up to the cursor, as a shell has it in hand, and how that shell takes what completes its last word. */

export interface TypedLine {
  /** The words before the last, without the program. */
  readonly words: readonly string[];
  /** The last word, up to the cursor; empty: it is yet to begin. */
  readonly current: string;
  /** The line that is printed for a value of the last word, which begins with `current`. */
  format(value: string, about: string): string;
}

/** As zsh and fish have it: they take the words apart and quote the values themselves. */
export function plainLine(text: string): TypedLine {
  const words = text.split("\n");
  return {
    words: words.slice(0, -1),
    current: words.at(-1)!,
    format: (value, about) => `${value}\t${about}`,
  };
}

type Quote = "'" | '"' | null;

interface Word {
  text: string;
  /** The length of the part of the text that readline leaves as it is. */
  kept: number;
}

/**
 * As bash has it. Bash leaves all to the program that completes: to take quotes off the words, and to print exactly the
 * text that replaces the piece which readline regards as the last word. That piece begins after the last quote, or after a
 * character of COMP_WORDBREAKS, such as `=` and `:`, within a word. @param line with the program, up to the cursor
 */
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
