/**
 * A command on an open connection: a channel of its own, from its opening to its result. It gets a pseudo-terminal, as
 * sudo may ask for one; where the server refuses it, the command runs without.
 */
import { constants } from "node:os";
import type { ClientChannel, PseudoTtyOptions } from "ssh2";
import { OutputTail } from "../lib/output_tail.ts";
import { closedEarly } from "./login_failure.ts";
import { shCommand } from "./sh_command.ts";
import { type CommandResult, LoginError } from "./shell.ts";
import type { Ssh2Connection } from "./ssh2_connection.ts";

export interface CommandOptions {
  /** Its abort closes the channel; what runs on the server may go on there. */
  readonly signal: AbortSignal;
  readonly onOutput?: (chunk: Uint8Array) => void;
}

/** One that changes nothing in what passes through it. */
const TERMINAL: PseudoTtyOptions = { term: "dumb", modes: { ECHO: 0, ECHOCTL: 0, OPOST: 0, ONLCR: 0 } };

/** Whatever reads from the terminal reads its end: an end of file is typed ahead for this many readers. */
const INPUT_END = "\x04".repeat(64);

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
    begin(connection, { command: shCommand(command), run });
    return await run.result;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** A server that refuses the terminal is not asked for another one on this connection. */
function begin(connection: Ssh2Connection, { command, run }: { command: string; run: CommandRun }): void {
  const { hasTerminals } = connection;
  connection.ask((client) =>
    client.exec(command, hasTerminals ? { pty: TERMINAL } : {}, (error, channel) => {
      if (error === undefined) return run.follow(channel, { typed: hasTerminals ? INPUT_END : "" });
      if (!hasTerminals || run.isStopped) return run.refused(error);
      connection.hasTerminals = false;
      try {
        begin(connection, { command, run });
      } catch (broken) {
        run.stop(broken);
      }
    })
  );
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

  get isStopped(): boolean {
    return this.#stopped;
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

  /** @param input `typed`: all that there is to read */
  follow(channel: ClientChannel, { typed }: { typed: string }): void {
    this.#channel = channel;
    const take = (chunk: Uint8Array) => this.#take(chunk);
    channel.on("data", take);
    channel.stderr.on("data", take);
    channel.on("exit", (code: number | null, signal?: string) => this.#exitCode = code ?? signalCode(signal));
    channel.on("close", () => this.#end());
    // A command that reads its input must see the end of it.
    channel.end(typed);
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
