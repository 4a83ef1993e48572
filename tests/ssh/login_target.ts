/** What login tests share: targets, options, and how a failed login is looked at. */
import { ok } from "node:assert/strict";
import { LoginError, type LoginTarget, type Shell } from "../../src/ssh/shell.ts";
import { PATIENCE } from "../eventually.ts";
import type { OpensshServer } from "./openssh_server.ts";

/** The target of a server, with what the test wants otherwise. */
export function targetOf(server: OpensshServer, other: Partial<LoginTarget> = {}): LoginTarget {
  const { port, username, privateKey } = server;
  return { address: "127.0.0.1", port, username, privateKey, hostKeys: [], ...other };
}

export function options(
  command: string,
  other: { timeout?: number; signal?: AbortSignal } = {},
): Parameters<Shell["login"]>[1] {
  return { command, timeout: PATIENCE, signal: new AbortController().signal, ...other };
}

/** The error that a login ends with. */
export async function failureOfLogin(login: Promise<unknown>): Promise<LoginError> {
  try {
    await login;
  } catch (error) {
    ok(error instanceof LoginError, `no LoginError: ${error}`);
    return error;
  }
  throw new Error("the login did not fail");
}
