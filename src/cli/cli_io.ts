/** The process around a command, as a port: tests give buffers and a clock of their own. */
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";

export interface CliIo {
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  readonly clock: Clock;
  readonly random: Pick<Random, "uuid">;
  env(name: string): string | undefined;
  /** Shows a text on the terminal that standard output is, a screen at a time where it is longer. */
  page(text: string): Promise<void>;
  /** Runs OpenSSH's client on the process's own input and outputs. @returns its exit code */
  ssh(args: readonly string[]): Promise<number>;
  /** Whether somebody can be asked: standard input and standard error are a terminal. */
  isInteractive(): boolean;
  /** Shows a prompt on standard error and gives the line that is typed; null: the input has ended. @throws the signal's reason */
  ask(prompt: string, options: { signal: AbortSignal }): Promise<string | null>;
  /** Name of the account that runs the command, as the system knows it; null: it has none. */
  account(): string | null;
  /** The working directory; null: it has been removed. */
  folder(): string | null;
  home(): string;
  /** While it is held, Ctrl-C and SIGTERM abort the signal (with an InterruptedError); the third of them ends the process. */
  interrupts(): Interrupts;
  /** Until it is disposed of, the listener is called when the size of the terminal has changed. */
  onResize(listener: () => void): Disposable;
}

export interface CliOutput {
  /** Standard error never throws. @throws Deno.errors.BrokenPipe when nobody reads any more */
  write(text: string): void;
  /** Columns of the terminal; null: the output goes to a file or another program. */
  readonly columns: number | null;
  /** Lines of the terminal; null: as with `columns`. */
  readonly rows: number | null;
}

export interface Interrupts extends Disposable {
  readonly signal: AbortSignal;
}
