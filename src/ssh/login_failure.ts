/** Translates errors of an SSH connection into failures of a login: pure, and the only reader of ssh2's errors. */
import { seeManual } from "../domain/see_manual.ts";
import { offerProblem, type ServerOffer } from "./server_offer.ts";
import { LoginError, type LoginFailure, type LoginTarget } from "./shell.ts";

/** How far the login has got; each ends where the next begins. A session goes back and forth between the last two. */
export type LoginStage = "connect" | "handshake" | "auth" | "command" | "copy";

/** How far a login has got, and what the server has said of itself. */
export interface LoginProgress {
  readonly stage: LoginStage;
  /** The user, address and port, as the message is to begin. */
  readonly where: string;
  /** Its algorithms; null: it has not told. */
  readonly offer?: ServerOffer | null;
  /** Its answer in place of a version of SSH, the beginning of it; null or left out: its version has come. */
  readonly greeting?: string | null;
  /** Methods that it would accept after it refused the key, or wants besides it. */
  readonly wanted?: readonly string[];
}

/** The user, address and port, as messages begin. */
export function loginPlace({ username, address, port }: LoginTarget): string {
  return `login as ${username} to ${address} port ${port}`;
}

/** An error as ssh2 emits it: `level` says whose it is, `code` is the system's where it is the socket's. */
interface ConnectionError {
  readonly message: string;
  readonly level?: string;
  readonly code?: string | number;
}

export function failureOf(
  error: unknown,
  { stage, where, offer = null, greeting = null, wanted = [] }: LoginProgress,
): LoginError {
  const { message, level, code } = error as ConnectionError;
  if (stage === "command" || stage === "copy") {
    const what = level === "client-timeout" ? "the server stopped responding" : message;
    return loginError(
      "command",
      `${where}: the connection broke while ${RUNNING_TEXT[stage]}: ${what}`,
      error,
    );
  }
  if (level === "client-authentication") {
    return loginError("auth", `${where}: ${authProblem(wanted)}`, error);
  }
  const unmatched = stage === "handshake" && offer !== null ? offerProblem(offer) : null;
  if (unmatched !== null) return algorithmsFailure(unmatched, { where, cause: error });
  const known = NETWORK_ERRORS[String(code)];
  if (known !== undefined) return loginError("network", `${where}: ${known}`, error);
  if (level === "client-socket" || stage === "connect") {
    return loginError("network", `${where}: the connection failed: ${message}`, error);
  }
  if (stage === "handshake" && greeting !== null) {
    const what = greeting === ""
      ? "the server closed the connection before the SSH handshake"
      : `the server answered with "${greeting}" in place of an SSH version`;
    return loginError("handshake", `${where}: ${what}; ${NO_VERSION}`, error);
  }
  return loginError(CLOSED_FAILURE[stage], `${where}: ${STAGE_TEXT[stage]} failed: ${message}`, error);
}

const NO_VERSION = "check that an SSH server listens on that port and lets this machine in " +
  "(MaxStartups and PerSourcePenalties in its sshd_config, firewalls)";

/** A server that still takes keys has refused this one. */
export function authProblem(wanted: readonly string[]): string {
  if (wanted.length === 0 || wanted.includes("publickey")) {
    return "the server refused the key; check that username and private-key are those of its image " +
      `(${seeManual("login")})`;
  }
  return `the server requires ${
    wanted.join(" or ")
  } in addition to or instead of the key, but nodepool logs ` +
    'in with a key alone; set "AuthenticationMethods publickey" for this user in the image\'s sshd_config';
}

/** @param problem as `offerProblem` tells it */
export function algorithmsFailure(
  problem: string,
  { where, cause }: { where: string; cause?: unknown },
): LoginError {
  return loginError("handshake", `${where}: no common algorithm with the SSH server: ${problem}`, cause);
}

/** @param shown the key, as `TYPE BASE64` */
export function otherHostKey(shown: string, { where }: { where: string }): LoginError {
  const type = shown.split(" ")[0];
  const what = `the ${type} host key differs from the recorded one; this may be a different server`;
  return loginError("hostKey", `${where}: ${what}`);
}

/** The server ended the connection without a word. */
export function closedEarly({ stage, where }: LoginProgress): LoginError {
  return loginError(
    CLOSED_FAILURE[stage],
    `${where}: the server closed the connection during ${STAGE_TEXT[stage]}`,
  );
}

/** Whether the server refused to open a channel: ssh2 gives its reason. It says nothing of what the channel was for. */
export function isChannelRefused(error: unknown): boolean {
  return error instanceof Error && typeof (error as { reason?: unknown }).reason === "number";
}

/** For what is asked of a connection that has broken before. */
export function lostBefore(cause: unknown, { where }: { where: string }): LoginError {
  return loginError("command", `${where}: the connection is closed; log in again`, cause);
}

/** @param doing what the server refused to do, as in `cannot DOING` */
export function fileRefused(doing: string, { error, where }: { error: Error; where: string }): LoginError {
  const said = error.message === "Failure"
    ? 'the server says only "Failure"; check whether something else is there or the disk is full'
    : error.message;
  return loginError("command", `${where}: cannot ${doing}: ${said}`, error);
}

export function noSftp(error: Error, { where }: { where: string }): LoginError {
  const hint =
    'copying files needs one ("Subsystem sftp" in its sshd_config), and its shell profiles must print nothing';
  return loginError("command", `${where}: the server has no working SFTP (${error.message}); ${hint}`, error);
}

export function loginOutOfTime(timeout: number, { stage, where }: LoginProgress): LoginError {
  const doing = stage === "connect"
    ? "no response; check that the server runs and its security groups open the port"
    : `${STAGE_TEXT[stage]} did not finish`;
  return loginError(
    stage === "connect" ? "network" : "timeout",
    `${where}: after ${timeout / 1000} s: ${doing}`,
  );
}

const STAGE_TEXT: Readonly<Record<LoginStage, string>> = {
  connect: "connecting",
  handshake: "the SSH handshake",
  auth: "the authentication",
  command: "the command",
  copy: "the copy of files",
};

const RUNNING_TEXT = { command: "the command ran", copy: "files were copied" } as const;

const CLOSED_FAILURE: Readonly<Record<LoginStage, LoginFailure>> = {
  connect: "network",
  handshake: "handshake",
  auth: "auth",
  command: "command",
  copy: "command",
};

const NETWORK_ERRORS: Readonly<Record<string, string | undefined>> = {
  ECONNREFUSED: "connection refused; check that an SSH server listens on that port",
  ECONNRESET: "connection reset by the server",
  EPIPE: "connection reset by the server",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to the network",
  ETIMEDOUT: "no response; check that the server runs and the port is open",
};

function loginError(failure: LoginFailure, message: string, cause?: unknown): LoginError {
  return new LoginError(failure, message, cause === undefined ? undefined : { cause });
}
