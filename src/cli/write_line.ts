/**
 * One line for people, on a terminal with times of its zone. What clouds and users have said in it neither moves the
 * cursor nor begins another line.
 */
import { localTimes } from "../lib/local_times.ts";
import { visibleText } from "../lib/visible_text.ts";
import { wrapLines } from "../lib/wrap_words.ts";
import type { CliOutput } from "./cli_io.ts";

export function writeLine(output: CliOutput, text: string): void {
  output.write(`${withTimesOf(output, visibleText(text))}\n`);
}

/** The text, on a terminal with times of its zone. */
export function withTimesOf({ columns }: Pick<CliOutput, "columns">, text: string): string {
  return columns === null ? text : localTimes(text);
}

/** Text for people as the output takes it: on a terminal with lines broken between words, too. */
export function forTerminal(output: Pick<CliOutput, "columns">, text: string): string {
  return output.columns === null ? text : wrapLines(withTimesOf(output, text), output.columns);
}
