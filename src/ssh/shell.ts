/** Logging in to a server: the port. `ssh2_shell.ts` is the real one. */

export interface LoginTarget {
  /** IPv4 or IPv6 address. */
  readonly address: string;
  readonly port: number;
  readonly username: string;
  /** The private key itself, in OpenSSH or PEM form. */
  readonly privateKey: string;
  /**
   * Host keys recorded earlier, as `TYPE BASE64`; a server that shows another one is refused. Empty: any is accepted
   * and recorded.
   */
  readonly hostKeys: readonly string[];
}

export interface CommandResult {
  readonly exitCode: number;
  /** The output of both streams, the last 64 KiB. */
  readonly output: string;
}

/**
 * Where a login ended; `network` covers refused, unreachable, reset and no answer; `account`: the server let the key in, but ran
 * something else than the command.
 */
export type LoginFailure = "network" | "timeout" | "handshake" | "hostKey" | "auth" | "account" | "command";

/** A login that did not work. The message names the address, the step and what to look at. */
export class LoginError extends Error {
  override readonly name = "LoginError";
  constructor(readonly failure: LoginFailure, message: string, options?: { cause?: unknown }) {
    super(message, options);
  }
}

/** A login that lasts; disposing of it says goodbye. */
export interface ShellSession extends AsyncDisposable {
  /** The host key that the server showed, as `TYPE BASE64`. */
  readonly hostKey: string;
  /** False where the server gives its commands no pseudo-terminal. */
  readonly hasTerminal?: boolean;
  /**
   * Runs a command of `sh` to its end, at a pseudo-terminal where the server gives one, with nothing to read. A code
   * other than 0 is no error; `onOutput` is given both outputs as they come. When time is up or on abort it is left to
   * itself on the server, and the session can be used on.
   * @throws LoginError where the connection breaks or time is up; the signal's reason on abort
   */
  run(command: string, options: RunOptions): Promise<CommandResult>;
  /**
   * Copies what is in a local folder into a remote one, which is made where it is missing: files and folders with
   * their modes, symbolic links as links. Files that are there are overwritten, others stay.
   * @throws LoginError; Deno.errors.* where the local folder cannot be read
   */
  copyFolder(local: string, remote: string, options: { timeout: number; signal: AbortSignal }): Promise<void>;
}

export interface RunOptions {
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly onOutput?: (chunk: Uint8Array) => void;
}

export interface Shell {
  /**
   * One attempt to connect and log in, which counts when a command of ours has run; the session stays open until it is
   * disposed of.
   * @throws LoginError; the signal's reason on abort
   */
  connect(target: LoginTarget, options: { timeout: number; signal: AbortSignal }): Promise<ShellSession>;
  /**
   * One attempt: connect, handshake, key, run `command` (of `sh`) and see that it ran, disconnect.
   * @returns the command's result and the host key the server showed, as `TYPE BASE64`
   * @throws LoginError (a command that exits with another code than 0 is no error); the signal's reason on abort
   */
  login(
    target: LoginTarget,
    options: { command: string; timeout: number; signal: AbortSignal },
  ): Promise<CommandResult & { readonly hostKey: string }>;
}
