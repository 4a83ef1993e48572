/** Commands and scripts of `script-dir` on a server: each must succeed, or its last output is kept. */
import type { Milliseconds } from "../domain/time.ts";
import { waitFor } from "../lib/in_flight.ts";
import { shellQuote } from "../lib/shell_quote.ts";
import type { RunOptions, ShellSession } from "../ssh/shell.ts";
import { OutputTail } from "../lib/output_tail.ts";

/** Where 2016's Nodepool put the scripts, and ran them. */
export const SCRIPTS = "/opt/nodepool-scripts";

/**
 * As 2016's Nodepool left them: any user of the server may run them. Other files that an image has there, and that
 * belong to others, stay as they are, where sudo does not help.
 */
export const OPEN_SCRIPTS =
  `chmod -R a+rx ${SCRIPTS} 2>/dev/null || sudo -n chmod -R a+rx ${SCRIPTS} 2>/dev/null || true`;

/** The last lines kept of the output of a command that failed. */
const LINES = 50;

/** Goes into logs, and to the output of a command that failed: sudo may refuse to work then. */
export const NO_TERMINAL =
  "nodepool: the server gave no pseudo-terminal (PermitTTY in its sshd_config, or no-pty with the key); " +
  "sudo with requiretty needs one";

/**
 * The meaning of sh's exit codes: its own words are the same for a script and for the interpreter in its first line.
 */
const MEANING: Readonly<Record<number, string>> = {
  126: ": a file cannot be executed; chmod +x is missing, or its file system is mounted noexec",
  127: ": a command was not found, or the interpreter in the script's first line (CRLF line ends cause that)",
};

/** A command that ended with another code than 0. */
export class ScriptError extends Error {
  override readonly name = "ScriptError";
  constructor(message: string, readonly output: string) {
    super(message);
  }
}

export interface ScriptCall {
  readonly folder: string;
  /** As the configuration has it: a script's name, perhaps with arguments. */
  readonly script: string;
  /** The script's last argument. */
  readonly hostname: string;
  /** Variables that the script is given. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * A daemon that was killed, or leads no longer, may have left a script running: the next run waits until that has ended. The
 * lock is on the folder itself, and the script does not hold it, so that what it leaves running does not either. A run that
 * waits ends with its connection. Where a server has no `flock`, scripts run side by side.
 */
const ALONE = `if command -v flock >/dev/null && [ -r . ]; then exec 9<.; flock -n 9 9<&9; if [ $? = 1 ]; then
echo "nodepool: an earlier run of a script is still running here; waiting for it to end"
(trap - HUP; exec flock 9 9<&9); [ $? -lt 128 ] || exit; fi; fi`;

/** The command that runs a script in its folder. */
export function scriptCommand({ folder, script, hostname, variables }: ScriptCall): string {
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${shellQuote(value)}`);
  return [`cd ${folder} &&`, ALONE, "&&", ...assignments, `./${script}`, shellQuote(hostname), "9>&-"].join(
    " ",
  );
}

export interface ScriptStep {
  /** For messages: "the ready script setup.sh on small-east-7". */
  readonly what: string;
  readonly command: string;
  readonly timeout: Milliseconds;
}

/** @throws ScriptError; LoginError where the connection breaks or time is up; the signal's reason on abort */
export async function runToEnd(
  session: ShellSession,
  { what, command, timeout }: ScriptStep,
  options: Pick<RunOptions, "signal" | "onOutput">,
): Promise<void> {
  const { exitCode, output } = await waitFor(what, () => session.run(command, { timeout, ...options }));
  if (exitCode === 0) return;
  const lines = output.trimEnd().split("\n").slice(-LINES);
  const last = [...lines, ...session.hasTerminal === false ? [NO_TERMINAL] : []].join("\n");
  const meaning = MEANING[exitCode] ?? "";
  throw new ScriptError(`${what} ended with exit code ${exitCode}${meaning}`, last);
}

/**
 * The output of ready scripts that run, for anyone who wants to know what one is doing: its end, in bounded memory.
 * How one failed is in the node's evidence.
 */
export class ScriptOutputs {
  readonly #running = new Map<number, OutputTail>();

  /** null: no script runs on the node. */
  read(nodeId: number): string | null {
    return this.#running.get(nodeId)?.text() ?? null;
  }

  /** Takes the output of a script until it is disposed of. */
  begin(nodeId: number): Disposable & { readonly add: (chunk: Uint8Array) => void } {
    const tail = new OutputTail();
    this.#running.set(nodeId, tail);
    return {
      add: (chunk) => tail.add(chunk),
      [Symbol.dispose]: () => {
        if (this.#running.get(nodeId) === tail) this.#running.delete(nodeId);
      },
    };
  }
}
