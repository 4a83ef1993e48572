/** An error as one line on standard error and an exit code: the edge at which every error ends. */
import { CommanderError } from "@commander-js/extra-typings";
import { type ConfigError, formatProblem } from "../config/config_error.ts";
import { formatExcerpt } from "../config/format_excerpt.ts";
import type { ConfigProblem } from "../domain/config_effects.ts";
import type { CliIo } from "./cli_io.ts";
import { ControlError } from "../control/control_error.ts";
import { errorChain } from "../lib/error_chain.ts";
import type { CliContext } from "./cli_context.ts";
import { NoDaemonError, OtherDaemonError, StateLostError, UsageError } from "./cli_error.ts";
import { ExitCode } from "./exit_code.ts";
import { hasColors } from "./state_colors.ts";
import { writeLine } from "./write_line.ts";

/** The exit code; a stack trace only with `debug`. */
export function reportError(
  error: unknown,
  { debug, context }: { debug: boolean; context: CliContext },
): number {
  // commander has printed what it had to say. Asking for help is no failure, having to be helped is.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : context.usageCode;
  // The reader of the output has had enough of it, as in `nodepool list | head`; what is found counts all the same.
  if (error instanceof Deno.errors.BrokenPipe) return context.exitCode;
  const { io } = context;
  for (const line of errorLines(error, context)) writeProblemLine(line, io);
  if (debug && error instanceof Error && error.stack !== undefined) io.stderr.write(`${error.stack}\n`);
  return exitCodeOf(error, context);
}

function exitCodeOf(error: unknown, { usageCode }: CliContext): number {
  if (error instanceof NoDaemonError || error instanceof OtherDaemonError) return ExitCode.noDaemon;
  if (error instanceof ControlError && [423, 503].includes(error.status)) return ExitCode.noDaemon;
  if (error instanceof UsageError) return usageCode;
  if (error instanceof StateLostError) return ExitCode.stateLost;
  if (isConfigError(error)) return usageCode;
  return ExitCode.failed;
}

/** One line, but for a configuration: each of its problems has its own, and shows its place. The last says how the file was found. */
export function errorLines(error: unknown, { config, program, io }: CliContext): readonly string[] {
  const named = (line: string) => `${program.name}: ${line}`;
  const found = config === null || config.origin === "option" || !isOfConfig(error)
    ? []
    : [named(`the configuration is ${config.file}, ${config.reason}`)];
  if (!isConfigError(error)) return [named(errorChain(error)), ...found];
  return [...error.problems.flatMap((problem) => problemLines(problem, { program, io })), ...found];
}

/** By name: importing their classes would load the configuration's modules, and the store's, for every command. */
const OF_CONFIG = ["ConfigError", "NoDaemonError", "ControlSocketError", "StoreError"];

/** Another configuration could be what was meant. */
function isOfConfig(error: unknown): boolean {
  return error instanceof Error && OF_CONFIG.includes(error.name);
}

export function isConfigError(error: unknown): error is ConfigError {
  return error instanceof Error && error.name === "ConfigError";
}

/**
 * A problem of a configuration on standard error: a line that says it, the line of the file, and a mark below the place.
 * @param options `kind`: of what is no error, `warning: `
 */
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
