/**
 * Notices that the files of the configuration have changed, however they are replaced, by looking every two seconds. A file
 * may still be being written, and the first half of one may be a good one with fewer labels: files are read once two looks
 * have seen the same, and every minute anyway, but not while one of them hangs. Reading them is the pool's.
 */
import type { Clock } from "../lib/clock.ts";
import { endsInTime } from "../lib/deadline.ts";
import { orAborted } from "../lib/or_aborted.ts";
import { MINUTE, SECOND } from "../domain/time.ts";
import type { Task } from "./task.ts";
import type { TaskRegistry } from "./task_registry.ts";

/** Nobody writes for longer without a change that can be seen. */
const LOOK = 2 * SECOND;
const READ_ANYWAY = MINUTE;

export interface WatchConfigOptions {
  readonly clock: Clock;
  readonly tasks: TaskRegistry;
  /** The stamp of what is in force. */
  readonly first: string;
  /** Changes when the files may have. */
  readonly stamp: () => Promise<string>;
  readonly reload: () => Promise<unknown>;
  /** Whether a reading hangs. */
  readonly hangs: () => boolean;
}

/** Disposing of it ends the watch. A file system that does not answer keeps nobody from that. */
export function watchConfig({ clock, tasks, first, stamp, reload, hangs }: WatchConfigOptions): Task {
  let seen = first;
  let restedAt = clock.now();
  let read = { stamp: first, at: clock.now() };
  return tasks.add({
    name: "configuration",
    period: LOOK,
    async run(signal) {
      const before = seen;
      const looking = stamp();
      // Reading a file that hangs tells everybody that it does.
      if (!await endsInTime(looking, { clock, timeout: READ_ANYWAY, signal })) {
        await orAborted(reload(), signal);
      }
      seen = await orAborted(looking, signal);
      const now = clock.now();
      if (seen === before) restedAt = now;
      else if (now - restedAt < READ_ANYWAY) return;
      if (seen === read.stamp && (now - read.at < READ_ANYWAY || hangs())) return;
      [read, restedAt] = [{ stamp: seen, at: now }, now];
      await orAborted(reload(), signal);
    },
  });
}
