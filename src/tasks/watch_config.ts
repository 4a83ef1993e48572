/**
 * Notices that the configuration has changed: at once where the system tells, else within 10 seconds. What it
 * refers to (clouds.yaml) is read again every minute. Reading it is the pool's.
 */
import { errorChain } from "../lib/error_chain.ts";
import type { Clock } from "../lib/clock.ts";
import { loggerOf } from "../lib/logging.ts";
import { MINUTE, SECOND } from "../domain/time.ts";
import type { Task } from "./task.ts";
import type { TaskRegistry } from "./task_registry.ts";

const LOOK = 10 * SECOND;
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
    async run() {
      const current = await stamp();
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
