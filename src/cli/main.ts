/** The command line: arguments in, exit code out. `mod.ts` calls it; nothing in here ends the process. */
import { VersionRequest } from "./cli_error.ts";
import type { CliIo } from "./cli_io.ts";
import { ExitCode } from "./exit_code.ts";
import type { InvokedProgram } from "./invoked_program.ts";
import type { Wiring } from "./wiring.ts";

/** Runs one command; never throws. `argv` has neither runtime nor script in it. */
export async function runCli(
  argv: readonly string[],
  { program: invoked, wiring, io }: { program: InvokedProgram; wiring: Wiring; io: CliIo },
): Promise<number> {
  const isPrinted = argv.length === 1 && VERSION_OPTIONS.includes(argv[0]!) &&
    await printVersion(wiring, io).then(() => true, () => false); // below, it is said why not
  if (isPrinted) return ExitCode.done;
  const [{ buildProgram }, { reportError }, { splitRemoteWords }] = await Promise.all([
    import("./program.ts"),
    import("./report_error.ts"),
    import("./remote_words.ts"),
  ]);
  const { program, context } = buildProgram(invoked, { argv, wiring, io });
  const { own, remote } = splitRemoteWords(argv, program);
  context.remoteWords = remote;
  try {
    await using _lines = await openQuickLog(io);
    await program.parseAsync([...own], { from: "user" }).catch((error) => {
      if (error instanceof VersionRequest) return printVersion(wiring, io);
      throw error;
    });
    return context.exitCode;
  } catch (error) {
    return reportError(error, { debug: own.includes("--debug"), context });
  }
}

/** Commands log only where the environment asks for it; a daemon's own log takes the place of this one. */
async function openQuickLog(io: CliIo): Promise<AsyncDisposable | null> {
  if ((io.env("NODEPOOL_LOG") ?? "") === "") return null;
  const [{ LogSpecError, quickLevels }, { startLogging }, { UsageError }] = await Promise.all([
    import("../lib/log_spec.ts"),
    import("../lib/logging.ts"),
    import("./cli_error.ts"),
  ]);
  try {
    return await startLogging({
      level: "warning",
      format: "text",
      file: null,
      set: quickLevels((name) => io.env(name)),
    });
  } catch (error) {
    throw error instanceof LogSpecError ? new UsageError(error.message) : error;
  }
}

/** Alone, they need no command line to be taken apart. */
const VERSION_OPTIONS = ["-V", "--version"];

async function printVersion(wiring: Wiring, io: CliIo): Promise<void> {
  io.stdout.write(`${await wiring.describeVersion()}\n`);
}
