/**
 * A command on an open connection: a channel of its own, from its opening to its result. It gets a pseudo-terminal, as
 * sudo may ask for one; where the server refuses it, the command runs without.
 */
import { constants } from "node:os";
import type { ClientChannel, PseudoTtyOptions } from "ssh2";
import { type Milliseconds, SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { OutputTail } from "../lib/output_tail.ts";
import { closedEarly, isChannelRefused } from "./login_failure.ts";
import { shCommand } from "./sh_command.ts";
import { type CommandResult, LoginError } from "./shell.ts";
import type { Ssh2Connection } from "./ssh2_connection.ts";

interface CommandOptions {
  /** Its abort closes the channel; what runs on the server may go on there. */
  readonly signal: AbortSignal;
  readonly onOutput?: (chunk: Uint8Array) => void;
}

/** One that changes nothing in what passes through it. */
const TERMINAL: PseudoTtyOptions = { term: "dumb", modes: { ECHO: 0, ECHOCTL: 0, OPOST: 0, ONLCR: 0 } };

/** A program that reads from the terminal is told that there is nothing, for as long as the command runs. */
const INPUT_END = "\x04";
/** Programs that come to read later, or in a way of their own, as sudo and line editors do, are told again. */
const FIRST_PAUSE: Milliseconds = 0.2 * SECOND;
const LONGEST_PAUSE: Milliseconds = 1 * SECOND;

/** Without a terminal, what a command leaves behind may keep its output open: after its end, silence is enough. */
const SILENCE: Milliseconds = 5 * SECOND;

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
  const run = new CommandRun(connection, onOutput);
  const stop = () => run.stop(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    begin(connection, { command: shCommand(command), run, signal });
    return await run.result;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** A server that refuses the terminal is not asked for another one on this connection. */
function begin(
  connection: Ssh2Connection,
  attempt: { command: string; run: CommandRun; signal: AbortSignal },
): void {
  const { command, run, signal } = attempt;
  const hasTerminal = connection.terminals !== "refused";
  if (connection.terminals === "unasked") connection.terminals = "asked";
  connection.ask<ClientChannel>(
    (client, done) => client.exec(command, hasTerminal ? { pty: TERMINAL } : {}, done),
    {
      signal,
      answer(error, channel) {
        if (error === undefined) {
          if (hasTerminal) connection.terminals = "given";
          return run.follow(channel!, { hasTerminal });
        }
        const isTerminals = hasTerminal && !signal.aborted && !isChannelRefused(error);
        if (!isTerminals) return run.refused(error);
        connection.terminals = "refused";
        begin(connection, attempt);
      },
    },
  );
}

class CommandRun {
  readonly #where: string;
  readonly #clock: Clock;
  readonly #onOutput: (chunk: Uint8Array) => void;
  readonly #result = Promise.withResolvers<CommandResult>();
  readonly result = this.#result.promise;
  readonly #output = new OutputTail();
  readonly #closed = new AbortController();
  #channel: ClientChannel | null = null;
  #exitCode: number | null = null;
  #isSilent = true;
  #stopped = false;

  constructor({ where, clock }: Ssh2Connection, onOutput: (chunk: Uint8Array) => void) {
    this.#where = where;
    this.#clock = clock;
    this.#onOutput = onOutput;
  }

  /** Ends the channel, also one that the server has yet to open; what still comes is dropped. */
  stop(reason: unknown): void {
    this.#stopped = true;
    this.#result.reject(reason);
    this.#channel?.close();
  }

  refused(error: Error): void {
    if (error instanceof LoginError) return this.stop(error);
    const message = `${this.#where}: the server did not run the command: ${error.message}`;
    this.stop(new LoginError("command", message, { cause: error }));
  }

  follow(channel: ClientChannel, { hasTerminal }: { hasTerminal: boolean }): void {
    this.#channel = channel;
    const take = (chunk: Uint8Array) => this.#take(chunk);
    channel.on("data", take);
    channel.stderr.on("data", take);
    channel.on("exit", (code: number | null, signal?: string) => {
      this.#exitCode = code ?? signalCode(signal);
      this.#closeInSilence(channel).catch(() => {});
    });
    channel.on("close", () => {
      this.#closed.abort();
      this.#end();
    });
    // A command that reads its input must see the end of it.
    if (hasTerminal) this.#endInput(channel).catch(() => {});
    else channel.end();
    if (this.#stopped) channel.close();
  }

  async #endInput(channel: ClientChannel): Promise<void> {
    for (let pause = FIRST_PAUSE;; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      channel.write(INPUT_END);
      await this.#clock.sleep(pause, { signal: this.#closed.signal });
    }
  }

  async #closeInSilence(channel: ClientChannel): Promise<void> {
    do {
      this.#isSilent = true;
      await this.#clock.sleep(SILENCE, { signal: this.#closed.signal });
    } while (!this.#isSilent);
    channel.close();
    this.#end();
  }

  #take(chunk: Uint8Array): void {
    this.#isSilent = false;
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
