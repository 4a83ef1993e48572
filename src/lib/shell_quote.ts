/** One word for a POSIX shell, and for programs that split words as it does: nothing in it has a special meaning. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The same for text that people and other programs read: quoted only where necessary; an empty text stays empty. */
export function shellWord(text: string): string {
  return /^[\w.:@%+,/-]*$/.test(text) ? text : shellQuote(text);
}
