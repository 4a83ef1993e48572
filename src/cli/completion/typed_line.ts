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
