/**
 * A shell whose calls are seen: in a dump, as what work waits for, and in the log, each with how it ended. They begin once
 * the process is sure to lead. The pool puts it around the one it is given.
 */
import type { Call } from "../lib/call.ts";
import { errorChain } from "../lib/error_chain.ts";
import { waitFor } from "../lib/in_flight.ts";
import { loggerOf } from "../lib/logging.ts";
import type { LoginTarget, Shell } from "./shell.ts";
import { bracketed } from "../domain/bracketed.ts";

const log = loggerOf("ssh");

/** @param untilSure resolves when a call may begin; it is watched from before */
export function watchedShell(shell: Shell, untilSure: (call: Call) => Promise<void>): Shell {
  const sure = <Result>(what: string, { signal }: Call, begin: () => Promise<Result>) =>
    watched(what, async () => {
      await untilSure({ signal });
      return await begin();
    });
  return {
    async connect(target, options) {
      const host = where(target);
      const session = await sure(
        `an SSH connection to ${host}`,
        options,
        () => shell.connect(target, options),
      );
      return {
        hostKey: session.hostKey,
        hasTerminal: session.hasTerminal ?? true,
        // What is run may hold keys and passwords, and is not shown.
        run: (command, options) => sure(`a command at ${host}`, options, () => session.run(command, options)),
        copyFolder: (local, remote, options) =>
          sure(`a copy of ${local} to ${host}`, options, () => session.copyFolder(local, remote, options)),
        [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
      };
    },
    login: (target, options) =>
      sure(`an SSH login at ${where(target)}`, options, () => shell.login(target, options)),
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
