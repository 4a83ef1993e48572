/**
 * A shell whose calls are seen: in a dump, as what work waits for, and in the log, each with how it ended. The pool puts
 * it around the one it is given.
 */
import { errorChain } from "../lib/error_chain.ts";
import { waitFor } from "../lib/in_flight.ts";
import { loggerOf } from "../lib/logging.ts";
import type { LoginTarget, Shell, ShellSession } from "./shell.ts";
import { bracketed } from "../domain/bracketed.ts";

const log = loggerOf("ssh");

export function watchedShell(shell: Shell): Shell {
  return {
    async connect(target, options) {
      const session = await watched(
        `an SSH connection to ${where(target)}`,
        () => shell.connect(target, options),
      );
      return watchedSession(session, where(target));
    },
    login: (target, options) =>
      watched(`an SSH login at ${where(target)}`, () => shell.login(target, options)),
  };
}

function watchedSession(session: ShellSession, host: string): ShellSession {
  return {
    hostKey: session.hostKey,
    hasTerminal: session.hasTerminal ?? true,
    // What is run may hold keys and passwords, and is not shown.
    run: (command, options) => watched(`a command at ${host}`, () => session.run(command, options)),
    copyFolder: (local, remote, options) =>
      watched(`a copy of ${local} to ${host}`, () => session.copyFolder(local, remote, options)),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

async function watched<Result>(what: string, begin: () => Promise<Result>): Promise<Result> {
  log.trace("{what}: begins", { what });
  try {
    const result = await waitFor(what, begin);
    log.debug("{what}: done", { what });
    return result;
  } catch (error) {
    log.debug("{what}: failed: {error}", { what, error: errorChain(error) });
    throw error;
  }
}

function where({ address, port, username }: LoginTarget): string {
  return `${username}@${bracketed(address)}:${port}`;
}
