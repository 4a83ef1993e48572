/** A command on an open connection: a channel of its own, from its opening to its result. */
import { constants } from "node:os";
import type { ClientChannel } from "ssh2";
import { OutputTail } from "../lib/output_tail.ts";
import { closedEarly } from "./login_failure.ts";
import { type CommandResult, LoginError } from "./shell.ts";
import type { Ssh2Connection } from "./ssh2_connection.ts";

export interface CommandOptions {
  /** Its abort closes the channel; what runs on the server may go on there. */
  readonly signal: AbortSignal;
  readonly onOutput?: (chunk: Uint8Array) => void;
}

/**
 * Runs a command to its end. Output is taken as it comes and only its tail is kept; a consumer that is slow holds the
 * server back by the channel's window.
 * @throws LoginError `command` where it does not run or ends without a code; the signal's reason on abort
 */
export async function runCommand(
  connection: Ssh2Connection,
  command: string,
  { signal, onOutput = () => {} }: CommandOptions,
): Promise<CommandResult> {
  signal.throwIfAborted();
  const run = new CommandRun(connection.where, onOutput);
  const stop = () => run.stop(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    connection.ask((client) =>
      client.exec(
        command,
        (error, channel) => error === undefined ? run.follow(channel) : run.refused(error),
      )
    );
    return await run.result;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

class CommandRun {
  readonly #where: string;
  readonly #onOutput: (chunk: Uint8Array) => void;
  readonly #result = Promise.withResolvers<CommandResult>();
  readonly #output = new OutputTail();
  #channel: ClientChannel | null = null;
  #exitCode: number | null = null;
  #stopped = false;

  constructor(where: string, onOutput: (chunk: Uint8Array) => void) {
    this.#where = where;
    this.#onOutput = onOutput;
  }

  get result(): Promise<CommandResult> {
    return this.#result.promise;
  }

  /** Ends the channel, also one that the server has yet to open; what still comes is dropped. */
  stop(reason: unknown): void {
    this.#stopped = true;
    this.#result.reject(reason);
    this.#channel?.close();
  }

  refused(error: Error): void {
    const message = `${this.#where}: the server ran no command: ${error.message}`;
    this.stop(new LoginError("command", message, { cause: error }));
  }

  follow(channel: ClientChannel): void {
    this.#channel = channel;
    const take = (chunk: Uint8Array) => this.#take(chunk);
    channel.on("data", take);
    channel.stderr.on("data", take);
    channel.on("exit", (code: number | null, signal?: string) => this.#exitCode = code ?? signalCode(signal));
    channel.on("close", () => this.#end());
    // Nothing is ever sent: a command that reads its input must see the end of it.
    channel.end();
    if (this.#stopped) channel.close();
  }

  #take(chunk: Uint8Array): void {
    if (this.#stopped) return;
    this.#output.add(chunk);
    try {
      this.#onOutput(chunk);
    } catch (error) {
      this.stop(error);
    }
  }

  #end(): void {
    if (this.#exitCode === null) return this.stop(closedEarly({ stage: "command", where: this.#where }));
    this.#result.resolve({ exitCode: this.#exitCode, output: this.#output.text() });
  }
}

/** A command that a signal ended has the code a shell would report. */
function signalCode(signal = ""): number {
  const name = signal.startsWith("SIG") ? signal : `SIG${signal}`;
  return 128 + (constants.signals[name as keyof typeof constants.signals] ?? 0);
}
