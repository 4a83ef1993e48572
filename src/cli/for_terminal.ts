/** Text for people as the output takes it: on a terminal with lines broken between words, and times of its zone. */
import { localTimes } from "../lib/local_times.ts";
import { wrapLines } from "../lib/wrap_words.ts";
import type { CliOutput } from "./cli_io.ts";

export function forTerminal({ columns }: Pick<CliOutput, "columns">, text: string): string {
  return columns === null ? text : wrapLines(localTimes(text), columns);
}
