/**
 * Text without what a terminal would act on. Names and errors come from clouds and users; an escape sequence or a line
 * break in them must not reach anybody's terminal, nor pass for a line of its own. Tables, messages and the log in its
 * form for people are made with it.
 */
const NOT_PLAIN = /[^\x20-\x7e]/;
/**
 * Characters that move the cursor, turn the direction of writing, or show nothing at all, so that two names would look the
 * same; but not those that letters and emoji are joined of.
 */
const CONTROLS =
  /[\p{Cc}\u2028\u2029\ufff9-\ufffb]|(?![\p{Mark}\u200c\u200d\u{e0020}-\u{e007f}])\p{Default_Ignorable_Code_Point}/gu;

/** Line breaks become spaces, other control characters and invisible ones `\u001b`. */
export function visibleText(text: string): string {
  if (isPlainText(text)) return text;
  return oneLine(text).replaceAll("\t", " ").replace(CONTROLS, escape);
}

/** Whether it is printable ASCII alone. */
export function isPlainText(text: string): boolean {
  return !NOT_PLAIN.test(text);
}

function escape(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
}

/** A log as plain lines: without colours, cursor movements and the like, which consoles are full of. */
export function plainLines(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(SEQUENCES, "").replace(UNPRINTABLE, "").toWellFormed();
}

/** Instructions to a terminal, after an escape character: colours and movements, titles, choices of fonts. */
const SEQUENCES =
  // deno-lint-ignore no-control-regex
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g;
const UNPRINTABLE = /[^\P{Cc}\n\t]/gu;

/** From the first of several blanks only, so that many of them without a break take no longer than others. */
const BREAK = /(?<!\s)\s*[\r\n]\s*/g;

/** Each line break becomes a space, with the blanks around it. */
export function oneLine(text: string): string {
  return text.replace(BREAK, " ");
}
