/** A login to a simulated server that lasts, with no socket. A connection that broke once stays broken. */
import { LoginError, type RunOptions, type ShellSession } from "../ssh/shell.ts";
import { OutputTail } from "../lib/output_tail.ts";
import { type CommandGround, runSimulatedCommand } from "./command_run.ts";
import { copyLocalFolder } from "./copy_local_folder.ts";
import { leave } from "./login_rules.ts";
import { FileError, homeOf } from "./server_files.ts";
import { statusAt } from "./simulated_server.ts";

export class SimulatedSession implements ShellSession {
  readonly hostKey: string;
  readonly #ground: CommandGround;
  readonly #home: string;
  /** For messages: user, address and port. */
  readonly #where: string;
  #open = true;

  constructor(ground: CommandGround, options: { hostKey: string; where: string }) {
    this.#ground = ground;
    this.hostKey = options.hostKey;
    this.#home = homeOf(ground.username);
    this.#where = options.where;
  }

  get hasTerminal(): boolean {
    return this.#ground.cloud.settings.ssh.terminals;
  }

  async run(command: string, { timeout, signal, onOutput }: RunOptions) {
    this.#check(signal);
    const output = new OutputTail();
    const { hasTerminal } = this;
    const end = await runSimulatedCommand(this.#ground, { text: command, hasTerminal }, {
      timeout,
      signal,
      write(chunk) {
        output.add(chunk);
        onOutput?.(chunk);
      },
    });
    if (typeof end === "number") return { exitCode: end, output: output.text() };
    this.#open = false;
    if (end === "broken") throw this.#error("command", "the connection closed before the command ended");
    throw this.#error("timeout", `the command did not end within ${timeout / 1000} s`);
  }

  async copyFolder(local: string, remote: string, { signal }: { timeout: number; signal: AbortSignal }) {
    this.#check(signal);
    const { clock, server: { files } } = this.#ground;
    try {
      await copyLocalFolder(files, { local, remote, home: this.#home, at: clock.now(), signal });
    } catch (error) {
      if (error instanceof FileError) throw this.#error("command", error.message, error);
      throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#open = false;
    leave(this.#ground.cloud.settings.ssh, this.#ground.server);
    return Promise.resolve();
  }

  #check(signal: AbortSignal): void {
    signal.throwIfAborted();
    const { server, clock } = this.#ground;
    if (statusAt(server, clock.now()) === "DELETED") this.#open = false;
    if (!this.#open) throw this.#error("command", "the connection is closed");
  }

  #error(failure: LoginError["failure"], message: string, cause?: unknown): LoginError {
    return new LoginError(failure, `${this.#where}: ${message}`, cause === undefined ? undefined : { cause });
  }
}
