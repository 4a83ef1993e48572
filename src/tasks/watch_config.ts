/**
 * Notices that the configuration has changed: at once where the system tells, else within 10 seconds. What it
 * refers to (clouds.yaml) is read again every minute. Reading it is the pool's.
 */
import type { Clock } from "../lib/clock.ts";
import { MINUTE, SECOND } from "../domain/time.ts";
import { createTask, type Task } from "./task.ts";

const LOOK = 10 * SECOND;
const READ_ANYWAY = MINUTE;

interface WatchConfigOptions {
  readonly clock: Clock;
  readonly path: string;
  /** Changes when the files may have. */
  readonly stamp: () => Promise<string>;
  readonly reload: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

export function watchConfig(options: WatchConfigOptions): Task {
  const { clock, stamp, reload, onError } = options;
  let last: { readonly stamp: string; readonly readAt: number } | null = null;
  const task = createTask({
    name: "configuration",
    period: LOOK,
    clock,
    onError,
    async run() {
      const current = await stamp();
      const now = clock.now();
      if (last !== null && last.stamp === current && now - last.readAt < READ_ANYWAY) return;
      const isFirst = last === null;
      last = { stamp: current, readAt: now };
      if (!isFirst) await reload();
    },
  });
  const stopWatching = wakeOnChange(options.path, task);
  const stop = task[Symbol.asyncDispose].bind(task);
  return Object.assign(task, {
    async [Symbol.asyncDispose]() {
      stopWatching();
      await stop();
    },
  });
}

/** Watches the folder, since editors put a new file in place of the old one. */
function wakeOnChange(path: string, task: Task): () => void {
  const slash = path.lastIndexOf("/");
  const [folder, name] = slash < 0 ? [".", path] : [path.slice(0, slash) || "/", path.slice(slash + 1)];
  let watcher: Deno.FsWatcher;
  try {
    watcher = Deno.watchFs(folder, { recursive: false });
  } catch {
    return () => {}; // The system has no watches left: the look every few seconds remains.
  }
  (async () => {
    for await (const { paths } of watcher) {
      if (paths.some((changed) => changed.endsWith(`/${name}`))) task.wake();
    }
  })();
  return () => watcher.close();
}
