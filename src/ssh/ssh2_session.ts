/**
 * A login that lasts. Each piece of work on it has a channel and a time limit of its own: what ends a piece of work
 * leaves the connection open for the next, and what ends the connection fails them all. `ssh2_shell.ts` makes it.
 */
import type { Milliseconds } from "../domain/time.ts";
import { startDeadline } from "../lib/deadline.ts";
import { FolderCopy } from "./copy_folder.ts";
import { loginOutOfTime, type LoginStage, lostBefore } from "./login_failure.ts";
import { RemoteFiles } from "./remote_files.ts";
import { runCommand } from "./run_command.ts";
import type { CommandResult, RunOptions, ShellSession } from "./shell.ts";
import type { Ssh2Connection } from "./ssh2_connection.ts";

interface Limits {
  readonly timeout: Milliseconds;
  readonly signal: AbortSignal;
}

export class Ssh2Session implements ShellSession {
  readonly #connection: Ssh2Connection;

  /** @param connection one that is logged in; the session closes it */
  constructor(connection: Ssh2Connection) {
    this.#connection = connection;
  }

  get hostKey(): string {
    return this.#connection.hostKey;
  }

  get hasTerminal(): boolean {
    return this.#connection.terminals !== "refused";
  }

  run(command: string, { onOutput, ...limits }: RunOptions): Promise<CommandResult> {
    const run = (signal: AbortSignal) => runCommand(this.#connection, command, { signal, onOutput });
    return this.#within(limits, { stage: "command", work: run });
  }

  copyFolder(local: string, remote: string, limits: Limits): Promise<void> {
    const copy = async (signal: AbortSignal) => {
      using files = await RemoteFiles.open(this.#connection, { signal });
      await new FolderCopy({ files, signal }).run({ local, remote });
    };
    return this.#within(limits, { stage: "copy", work: copy });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }

  /** The work's signal is aborted with the reason for which it must end; it throws that reason. */
  async #within<Result>(
    { timeout, signal }: Limits,
    { stage, work }: { stage: LoginStage; work: (signal: AbortSignal) => Promise<Result> },
  ): Promise<Result> {
    const { lost, where, clock } = this.#connection;
    signal.throwIfAborted();
    if (lost.aborted) throw lostBefore(lost.reason, { where });
    this.#connection.enter(stage);
    using deadline = startDeadline({
      clock,
      timeout,
      signal: AbortSignal.any([signal, lost]),
      reason: () => loginOutOfTime(timeout, { stage, where }),
    });
    return await work(deadline.signal);
  }
}
