/** A text with addresses in it that may carry a user and a password, without them; an address may be broken. */
export function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, "//***@").replace(BEFORE_AT, withoutUser);
}

/** From its beginning only: a text that is one word of a megabyte takes no longer than others. */
const BEFORE_AT = /(?<![^\s/@])[^\s/@]+@/g;

/** `user:password@`, without what stands before it in quotes or brackets. */
function withoutUser(word: string): string {
  const colon = word.indexOf(":");
  if (colon < 0 || colon === word.length - "@".length - 1) return word;
  const begin = Math.max(...[..."\"'{}[],"].map((mark) => word.lastIndexOf(mark, colon))) + 1;
  return `${word.slice(0, begin)}***@`;
}
