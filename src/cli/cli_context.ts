/** The context of every command: its surroundings, the global options, and where it leaves its exit code. */
import type { CliIo } from "./cli_io.ts";
import type { InvokedProgram } from "./invoked_program.ts";
import type { Wiring } from "./wiring.ts";

export interface GlobalOptions {
  /** null: not given, the default's. */
  readonly config: string | null;
  readonly secure: string | null;
  readonly logConfig: string | null;
  readonly debug: boolean;
}

export interface CliContext {
  readonly program: InvokedProgram;
  /** The command line without it. */
  readonly argv: readonly string[];
  readonly io: CliIo;
  readonly wiring: Wiring;
  globals(): GlobalOptions;
  /** Exit code of the process unless an error is thrown. */
  exitCode: number;
}

const DEFAULT_CONFIG_FILE = "/etc/nodepool/nodepool.yaml";

/** The files that the global options name. */
export function configFilesOf(context: CliContext): { configFile: string; secureFile: string | null } {
  const { config, secure } = context.globals();
  return { configFile: config ?? DEFAULT_CONFIG_FILE, secureFile: secure };
}
