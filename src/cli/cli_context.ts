/** The context of every command: its surroundings, the global options, and where it leaves its exit code. */
import type { CliIo } from "./cli_io.ts";
import { type ConfigChoice, findConfig } from "./find_config.ts";
import type { InvokedProgram } from "./invoked_program.ts";
import type { Wiring } from "./wiring.ts";

export interface GlobalOptions {
  /** null: not given. */
  readonly config: string | null;
  readonly secure: string | null;
  readonly logConfig: string | null;
  readonly debug: boolean;
}

export interface CliContext {
  readonly program: InvokedProgram;
  /** The command line without it. */
  readonly argv: readonly string[];
  /** Of `ssh`: the words after the node, which are the other machine's. */
  remoteWords: readonly string[];
  readonly io: CliIo;
  readonly wiring: Wiring;
  globals(): GlobalOptions;
  /** null: the command has not asked for one yet. */
  config: ConfigChoice | null;
  /** Exit code for wrong arguments and for a configuration that cannot be used. */
  readonly usageCode: number;
  /** Exit code of the process unless an error is thrown. */
  exitCode: number;
}

/** The configuration that the command is about; found once, so that every message names the same. @throws UsageError */
export function configOf(context: CliContext): ConfigChoice {
  const { io, globals } = context;
  return context.config ??= findConfig({
    option: globals().config,
    variable: io.env("NODEPOOL_CONFIG"),
    folder: io.folder(),
  });
}

export function configFilesOf(context: CliContext): { configFile: string; secureFile: string | null } {
  return { configFile: configOf(context).file, secureFile: context.globals().secure };
}
