/**
 * The leader's copy of the log of a build elsewhere, which lies where the log of a build of its own would. It grows by
 * what the builder sends; the builder asks how much is there, so a new leader gets it from the beginning. A copy that
 * cannot be written is left as it is, and the build goes on. The desk keeps one for each build.
 */
import { dirname } from "node:path";
import { errorChain } from "../lib/error_chain.ts";
import { loggerOf } from "../lib/logging.ts";

const log = loggerOf("image", "build");

export interface LogCopy {
  /** Bytes that are there; null: no more is taken. */
  readonly size: number | null;
  /** Bytes that do not follow on those that are there are left out. */
  append(bytes: Uint8Array, from: number): Promise<void>;
}

export async function openLogCopy(path: string): Promise<LogCopy> {
  let size: number | null = null;
  const orGiveUp = async (write: () => Promise<void>) => {
    try {
      await write();
    } catch (error) {
      size = null;
      log.warning("{path} is incomplete: cannot write to it any more: {error}", {
        path,
        error: errorChain(error),
      });
    }
  };
  await orGiveUp(async () => {
    await Deno.mkdir(dirname(path), { recursive: true });
    using file = await Deno.open(path, { append: true, create: true, mode: 0o640 });
    size = (await file.stat()).size;
  });
  return {
    get size() {
      return size;
    },
    async append(bytes, from) {
      if (from !== size) return;
      // Taken as there before it is: a part that is sent twice at a time is written once.
      size += bytes.length;
      await orGiveUp(async () => {
        using file = await Deno.open(path, { append: true });
        for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
      });
    },
  };
}
