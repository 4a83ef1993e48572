/**
 * The one place where all that a pool does outside of its state waits until its process is sure to lead: requests that
 * change a cloud or a target, logins and commands on servers, builds, answers that hand nodes over. The pool puts it
 * around the ports that it is given, right before what goes out. A process that is not sure does nothing, and nothing
 * has failed: work waits until etcd answers, or ends with the process as if that had been killed there.
 */
import type { Builder } from "../build/builder.ts";
import type { Send, SendGuard, SendRequest } from "../http/send.ts";
import type { Call } from "../lib/call.ts";
import type { Shell, ShellSession } from "../ssh/shell.ts";
import type { Leadership } from "../lead/leadership.ts";

/** Resolves when an effect may begin. @throws the signal's reason */
export type UntilSure = Leadership["untilSure"];

/** Looking is always allowed, and so is asking for the token that it takes. */
export function sendWhileSure(send: Send, guard: SendGuard): Send {
  return async (request, { signal }) => {
    if (isHarmless(request)) return await send(request, { signal });
    await guard.untilSure({ signal });
    return await send(request, { signal, guard });
  };
}

function isHarmless({ method, url }: SendRequest): boolean {
  if (method === "GET" || method === "HEAD") return true;
  return method === "POST" && new URL(url).pathname.endsWith("/auth/tokens");
}

export function shellWhileSure(shell: Shell, untilSure: UntilSure): Shell {
  const sure = guardOf(untilSure);
  return {
    connect: async (target, options) =>
      sessionWhileSure(await sure(options, () => shell.connect(target, options)), sure),
    login: (target, options) => sure(options, () => shell.login(target, options)),
  };
}

function sessionWhileSure(session: ShellSession, sure: ReturnType<typeof guardOf>): ShellSession {
  return {
    hostKey: session.hostKey,
    hasTerminal: session.hasTerminal ?? true,
    run: (command, options) => sure(options, () => session.run(command, options)),
    copyFolder: (local, remote, options) => sure(options, () => session.copyFolder(local, remote, options)),
    writeFile: (remote, content, options) => sure(options, () => session.writeFile(remote, content, options)),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** Files of this machine that no record needs any more may go at any time. */
export function buildWhileSure(builder: Builder, untilSure: UntilSure): Builder {
  const sure = guardOf(untilSure);
  return {
    build: (job, options) => sure(options, () => builder.build(job, options)),
    remove: (path) => builder.remove(path),
    open: (path, format) => builder.open(path, format),
    hash: (path, format, call) => builder.hash(path, format, call),
    folderProblem: (folder, files) => builder.folderProblem(folder, files),
    trimLogs: (folder, options) => builder.trimLogs(folder, options),
  };
}

function guardOf(untilSure: UntilSure) {
  return async <Result>({ signal }: Call, effect: () => Promise<Result>): Promise<Result> => {
    await untilSure({ signal });
    return await effect();
  };
}
