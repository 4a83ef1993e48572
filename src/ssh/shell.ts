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
  /** What it wrote to both outputs, the last 64 KiB. */
  readonly output: string;
}

/** Where a login ended; `network` covers refused, unreachable and reset. */
export type LoginFailure = "network" | "timeout" | "handshake" | "hostKey" | "auth" | "command";

/** A login that did not work. The message names the address, the step and what to look at. */
export class LoginError extends Error {
  override readonly name = "LoginError";
  constructor(readonly failure: LoginFailure, message: string, options?: { cause?: unknown }) {
    super(message, options);
  }
}

export interface Shell {
  /**
   * One attempt: connect, handshake, key, run `command`, disconnect.
   * @returns the command's result and the host key the server showed, as `TYPE BASE64`
   * @throws LoginError (a command that exits with another code than 0 is no error); the signal's reason on abort
   */
  login(
    target: LoginTarget,
    options: { command: string; timeout: number; signal: AbortSignal },
  ): Promise<CommandResult & { readonly hostKey: string }>;
}
