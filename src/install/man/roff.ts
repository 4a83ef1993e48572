/** Text as roff takes it: nothing in it is a request, an escape or a sign that a terminal shows as another one. */

/** Signs that roff replaces by typographic ones. */
const LITERAL: Readonly<Record<string, string>> = {
  "\\": "\\(rs",
  "-": "\\-",
  "'": "\\(aq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
  '"': "\\(dq",
};

/** Prose. A line break in it is a blank. */
export function roffText(text: string): string {
  return inAscii(text.replaceAll(/\s+/g, " ").replaceAll(/[\\"]/g, (sign) => LITERAL[sign]!));
}

/** Options, names, code: to be typed literally. */
export function roffCode(text: string): string {
  return inAscii(text.replaceAll(/[\\'`^~"-]/g, (sign) => LITERAL[sign]!));
}

/** A line of its own: what would make it a request no longer begins it. */
export function roffLine(text: string): string {
  return /^[.']/.test(text) ? `\\&${text}` : text;
}

function inAscii(text: string): string {
  return text.replaceAll(
    /[^\x20-\x7e]/gu,
    (letter) => `\\[u${letter.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}]`,
  );
}
