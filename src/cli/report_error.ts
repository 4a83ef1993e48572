/** An error as one line on standard error and an exit code: the edge at which every error ends. */
import { CommanderError } from "@commander-js/extra-typings";
import { ControlError } from "../control/control_error.ts";
import { errorChain } from "../lib/error_chain.ts";
import { NoDaemonError, OtherDaemonError, StateLostError, UsageError } from "./cli_error.ts";
import type { CliIo } from "./cli_io.ts";
import { ExitCode } from "./exit_code.ts";
import { writeLine } from "./write_line.ts";

/** The exit code; a stack trace only with `debug`. */
export function reportError(
  error: unknown,
  { io, debug, program }: { io: CliIo; debug: boolean; program: string },
): number {
  // commander has printed what it had to say. Asking for help is no failure, having to be helped is.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
  // Whoever read the output has had enough of it, as in `nodepool list | head`.
  if (error instanceof Deno.errors.BrokenPipe) return ExitCode.done;
  for (const line of errorLines(error, program)) writeLine(io.stderr, line);
  if (debug && error instanceof Error && error.stack !== undefined) io.stderr.write(`${error.stack}\n`);
  return exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof NoDaemonError || error instanceof OtherDaemonError) return ExitCode.noDaemon;
  if (error instanceof ControlError && error.status === 503) return ExitCode.noDaemon;
  if (error instanceof UsageError) return ExitCode.usage;
  if (error instanceof StateLostError) return ExitCode.stateLost;
  if (isConfigError(error)) return ExitCode.usage;
  return ExitCode.failed;
}

/** One line, but for a configuration: each of its problems has its own. */
export function errorLines(error: unknown, program: string): readonly string[] {
  const lines = isConfigError(error) ? error.message.split("\n") : [errorChain(error)];
  return lines.map((line) => `${program}: ${line}`);
}

/** By name: importing its class would load the configuration's modules for every command. */
function isConfigError(error: unknown): error is Error {
  return error instanceof Error && error.name === "ConfigError";
}
