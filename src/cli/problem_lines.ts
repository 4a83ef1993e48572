/** A problem of a configuration on standard error: a line that says it, the line of the file, and a mark below the place. */
import type { ConfigProblem } from "../domain/config_effects.ts";
import { formatProblem } from "../config/config_error.ts";
import { formatExcerpt } from "../config/format_excerpt.ts";
import type { CliContext } from "./cli_context.ts";
import type { CliIo } from "./cli_io.ts";
import { hasColors } from "./state_colors.ts";
import { writeLine } from "./write_line.ts";

/** @param options `kind`: of what is no error, `warning: ` */
export function problemLines(
  problem: ConfigProblem,
  { program, io, kind = "" }: Pick<CliContext, "program" | "io"> & { kind?: string },
): readonly string[] {
  const { columns } = io.stderr;
  return [`${program.name}: ${kind}${formatProblem(problem)}`, ...formatExcerpt(problem, { columns }) ?? []];
}

const MARK = /^ +\| +\^+$/;

/** The mark is red on a terminal. */
export function writeProblemLine(line: string, { stderr, env }: Pick<CliIo, "stderr" | "env">): void {
  if (!MARK.test(line) || !hasColors({ stdout: stderr, env })) return writeLine(stderr, line);
  stderr.write(`${line.replace(/\^+$/, "\x1b[31m$&\x1b[0m")}\n`);
}
