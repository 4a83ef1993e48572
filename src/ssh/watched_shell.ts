/** A shell whose calls are seen in a dump, as what work waits for. The pool puts it around the one it is given. */
import { waitFor } from "../lib/in_flight.ts";
import type { LoginTarget, Shell, ShellSession } from "./shell.ts";

export function watchedShell(shell: Shell): Shell {
  return {
    async connect(target, options) {
      const session = await waitFor(
        `an SSH connection to ${where(target)}`,
        () => shell.connect(target, options),
      );
      return watchedSession(session, where(target));
    },
    login: (target, options) =>
      waitFor(`an SSH login at ${where(target)}`, () => shell.login(target, options)),
  };
}

function watchedSession(session: ShellSession, host: string): ShellSession {
  return {
    hostKey: session.hostKey,
    hasTerminal: session.hasTerminal ?? true,
    // What is run may hold keys and passwords, and is not shown.
    run: (command, options) => waitFor(`a command at ${host}`, () => session.run(command, options)),
    copyFolder: (local, remote, options) =>
      waitFor(`a copy of ${local} to ${host}`, () => session.copyFolder(local, remote, options)),
    writeFile: (remote, content, options) =>
      waitFor(`a copy of ${remote} to ${host}`, () => session.writeFile(remote, content, options)),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

function where({ address, port, username }: LoginTarget): string {
  return `${username}@${address.includes(":") ? `[${address}]` : address}:${port}`;
}
