/** Running a program that starts others of its own: the port. `deno_command.ts` is the real one. */

export interface Command {
  /**
   * Starts a program as the head of a session of its own. When it ends, or `end` is called, or this process is gone,
   * however that came, everything that still runs in the session is ended.
   * @param program its name, which is looked for in the environment's PATH
   * @throws Deno.errors.NotFound, Deno.errors.PermissionDenied where it cannot be run; the message says why
   */
  start(program: string, options: CommandOptions): Promise<RunningCommand>;
}

export interface CommandOptions {
  readonly args: readonly string[];
  /** Added to what is inherited of this process's own. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Disposing of it ends it. */
export interface RunningCommand extends AsyncDisposable {
  /** Both outputs, merged as they come; it is to be read or cancelled, as a program whose output nobody takes waits. */
  readonly output: ReadableStream<Uint8Array>;
  /** Resolves when everything has ended: to the program's own code, 128 + N where signal N ended it. */
  readonly exitCode: Promise<number>;
  /** Asks everything to end, and sees to it that it does. */
  end(): void;
}
