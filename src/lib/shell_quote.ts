/** One word for a POSIX shell, and for whatever splits words as one does: nothing in it means anything. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
