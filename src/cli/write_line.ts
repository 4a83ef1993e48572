/** One line for people. What clouds and users have said in it neither moves the cursor nor begins another line. */
import { visibleText } from "../lib/visible_text.ts";
import type { CliOutput } from "./cli_io.ts";

export function writeLine(output: CliOutput, text: string): void {
  output.write(`${visibleText(text)}\n`);
}
