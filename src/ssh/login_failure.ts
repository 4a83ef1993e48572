/** What an error of the connection means for a login: pure, and the only reader of ssh2's errors. */
import { LoginError, type LoginFailure } from "./shell.ts";

/** How far the login has got; each ends where the next begins. */
export type LoginStage = "connect" | "handshake" | "auth" | "command";

/** An error as ssh2 emits it: `level` says whose it is, `code` is the system's where it is the socket's. */
interface ConnectionError {
  readonly message: string;
  readonly level?: string;
  readonly code?: string | number;
}

/** @param where the user, address and port, as the message is to begin */
export function failureOf(
  error: unknown,
  { stage, where }: { stage: LoginStage; where: string },
): LoginError {
  const { message, level, code } = error as ConnectionError;
  if (stage === "command") {
    return loginError("command", `${where}: the connection broke while the command ran: ${message}`, error);
  }
  if (level === "client-authentication") {
    const hint = "the server refused the key; are the user name and the private key those of its image?";
    return loginError("auth", `${where}: ${hint}`, error);
  }
  const known = NETWORK_ERRORS[String(code)];
  if (known !== undefined) return loginError(known.failure, `${where}: ${known.text}`, error);
  if (level === "client-socket" || stage === "connect") {
    return loginError("network", `${where}: the connection failed: ${message}`, error);
  }
  const failure = stage === "auth" ? "auth" : "handshake";
  return loginError(failure, `${where}: ${STAGE_TEXT[stage]} failed: ${message}`, error);
}

/** The server ended the connection without a word. */
export function closedEarly({ stage, where }: { stage: LoginStage; where: string }): LoginError {
  const failure = stage === "connect" ? "network" : stage;
  return loginError(failure, `${where}: the server closed the connection during ${STAGE_TEXT[stage]}`);
}

export function outOfTime(
  timeout: number,
  { stage, where }: { stage: LoginStage; where: string },
): LoginError {
  const doing = stage === "connect"
    ? "no answer; does the server run, and is the port open in its security groups?"
    : `${STAGE_TEXT[stage]} was not over`;
  return loginError("timeout", `${where}: after ${timeout / 1000} s: ${doing}`);
}

const STAGE_TEXT: Readonly<Record<LoginStage, string>> = {
  connect: "connecting",
  handshake: "the SSH handshake",
  auth: "the authentication",
  command: "the command",
};

const NETWORK_ERRORS: Readonly<Record<string, { failure: LoginFailure; text: string } | undefined>> = {
  ECONNREFUSED: { failure: "network", text: "connection refused; does an SSH server listen on that port?" },
  ECONNRESET: { failure: "network", text: "connection reset by the server" },
  EPIPE: { failure: "network", text: "connection reset by the server" },
  EHOSTUNREACH: { failure: "network", text: "no route to the host" },
  ENETUNREACH: { failure: "network", text: "no route to its network" },
  ETIMEDOUT: { failure: "timeout", text: "no answer; does the server run, and is the port open?" },
};

function loginError(failure: LoginFailure, message: string, cause?: unknown): LoginError {
  return new LoginError(failure, message, cause === undefined ? undefined : { cause });
}
