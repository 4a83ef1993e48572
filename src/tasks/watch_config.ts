/**
 * Notices that the files of the configuration have changed: at once where the system tells, else within 10 seconds. Whoever
 * writes one may not have come to its end, and the first half of a file may be a good one with fewer labels: files are read
 * once they have stayed the same for a while, and every minute anyway. Reading them is the pool's.
 */
import { errorChain } from "../lib/error_chain.ts";
import type { Clock } from "../lib/clock.ts";
import { loggerOf } from "../lib/logging.ts";
import { MINUTE, SECOND } from "../domain/time.ts";
import type { Task } from "./task.ts";
import type { TaskRegistry } from "./task_registry.ts";

const LOOK = 10 * SECOND;
/** Nobody writes for longer without a change that can be seen. */
const QUIET = 2 * SECOND;
const READ_ANYWAY = MINUTE;

export interface WatchConfigOptions {
  readonly clock: Clock;
  readonly tasks: TaskRegistry;
  readonly path: string;
  /** The stamp of what is in force. */
  readonly first: string;
  /** Changes when the files may have. */
  readonly stamp: () => Promise<string>;
  readonly reload: () => Promise<unknown>;
  /** Tells what changes in a folder; left out: the system does. */
  readonly watchFolder?: (folder: string) => FolderWatch;
}

export type FolderWatch = AsyncIterable<{ readonly paths: readonly string[] }> & { close(): void };

const log = loggerOf("daemon");

/** Disposing of it ends the watch. */
export function watchConfig(options: WatchConfigOptions): AsyncDisposable {
  const { clock, tasks, first, stamp, reload } = options;
  let last = { stamp: first, readAt: clock.now() };
  const task = tasks.add({
    name: "configuration",
    period: LOOK,
    async run(signal) {
      const current = await settled(last.stamp, { ...options, signal });
      const now = clock.now();
      if (last.stamp === current && now - last.readAt < READ_ANYWAY) return;
      last = { stamp: current, readAt: now };
      await reload();
    },
  });
  const watching = wakeOnChange(options, task);
  return {
    async [Symbol.asyncDispose]() {
      await watching[Symbol.asyncDispose]();
      await task[Symbol.asyncDispose]();
    },
  };
}

/** @returns the stamp, once it is as before or has stayed the same; of files that never rest, what it is after a while */
async function settled(
  before: string,
  { clock, stamp, signal }: Pick<WatchConfigOptions, "clock" | "stamp"> & { signal: AbortSignal },
): Promise<string> {
  const end = clock.now() + READ_ANYWAY;
  let current = await stamp();
  while (current !== before && clock.now() < end) {
    await clock.sleep(QUIET, { signal });
    [before, current] = [current, await stamp()];
  }
  return current;
}

/** Watches the folder, since editors put a new file in place of the old one. */
function wakeOnChange(
  { path, watchFolder = watchBySystem }: Pick<WatchConfigOptions, "path" | "watchFolder">,
  task: Task,
): AsyncDisposable {
  const slash = path.lastIndexOf("/");
  const [folder, name] = slash < 0 ? [".", path] : [path.slice(0, slash) || "/", path.slice(slash + 1)];
  let watch: FolderWatch | null = null;
  const watching = (async () => {
    watch = watchFolder(folder);
    for await (const { paths } of watch) {
      if (paths.some((changed) => changed.endsWith(`/${name}`))) task.wake();
    }
  })().catch((error) => {
    const text = "cannot watch {folder} for configuration changes; checking every 10 s instead: {error}";
    log.info(text, { folder, error: errorChain(error) });
    close(watch);
  });
  return {
    async [Symbol.asyncDispose]() {
      close(watch);
      await watching;
    },
  };
}

function watchBySystem(folder: string): FolderWatch {
  return Deno.watchFs(folder, { recursive: false });
}

/** One that has failed may be closed already. */
function close(watch: FolderWatch | null): void {
  try {
    watch?.close();
  } catch { /* It is. */ }
}
