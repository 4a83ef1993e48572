/**
 * Text without what a terminal would act on. Names and errors come from clouds and users; an escape sequence or a line
 * break in them must not reach anybody's terminal, nor pass for a line of its own. Tables, messages and the log in its
 * form for people are made with it.
 */
import { oneLine } from "./one_line.ts";

const NOT_PLAIN = /[^\x20-\x7e]/;
/** Characters that move the cursor or turn the direction of writing. */
// deno-lint-ignore no-control-regex
const CONTROLS = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Line breaks become spaces, other control characters `\u001b`. */
export function visibleText(text: string): string {
  if (isPlainText(text)) return text;
  return oneLine(text).replaceAll("\t", " ").replace(CONTROLS, escape);
}

/** Whether it is printable ASCII alone. */
export function isPlainText(text: string): boolean {
  return !NOT_PLAIN.test(text);
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
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
