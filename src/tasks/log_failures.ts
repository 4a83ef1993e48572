/**
 * Logs what the runs of tasks throw: when it begins, when it is something else, and now and then while it lasts. Each
 * task's newest failure is in `status`. The pool has one.
 */
import { type Instant, MINUTE } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import { loggerOf } from "../lib/logging.ts";
import { isStopped } from "../store/store.ts";

/** Between two lines of the log about a failure that lasts. */
const LOG_AGAIN = 10 * MINUTE;

const log = loggerOf("pool");

/** @returns what is to be called with each failure */
export function logFailures(clock: Pick<Clock, "now">): (task: string, error: unknown) => void {
  const told = new Map<string, { readonly message: string; readonly at: Instant }>();
  return (task, error) => {
    if (isStopped(error)) return;
    const now = clock.now();
    const message = errorChain(error);
    for (const [name, { at }] of told) if (now - at >= LOG_AGAIN) told.delete(name);
    if (told.get(task)?.message === message) return;
    told.set(task, { message, at: now });
    log.error("task {task}: {error}", { task, error: message });
  };
}
