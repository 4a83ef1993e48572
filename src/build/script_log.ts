/** The log of a script that runs on a server: what it says is written in its order, while it goes on. */
import { BuildLog } from "./build_log.ts";

export interface ScriptLog extends AsyncDisposable {
  /** Takes it at once; it is in the file when the log is disposed of. */
  write(chunk: Uint8Array): void;
}

/** Begins a log; its folder is made where it is missing. @throws Deno.errors.* */
export async function openScriptLog(path: string): Promise<ScriptLog> {
  const log = await BuildLog.open(path);
  let written = Promise.resolve();
  return {
    write(chunk) {
      written = written.then(() => log.write(chunk));
    },
    async [Symbol.asyncDispose]() {
      await written;
      await log[Symbol.asyncDispose]();
    },
  };
}
