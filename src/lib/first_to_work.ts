/** Attempts that overlap: one that hangs does not keep a later one from working. */
import type { Clock } from "./clock.ts";

/**
 * Starts an attempt, and a further one beside it after `patience`, twice that, and so on, as long as none has ended
 * well. The first that works counts; the others are aborted and have ended when this resolves.
 * @throws what the last attempt under way failed with, once all have failed
 */
export async function firstToWork<Result>(
  attempt: (signal: AbortSignal) => Promise<Result>,
  { clock, signal, patience }: { clock: Clock; signal: AbortSignal; patience: number },
): Promise<Result> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const running = new Set<Promise<void>>();
  const end = Promise.withResolvers<Result>();
  const start = () => {
    const run: Promise<void> = attempt(either).then(end.resolve, (error) => {
      running.delete(run);
      if (running.size === 0) end.reject(error);
    });
    running.add(run);
  };
  const startMore = async () => {
    for (let pause = patience;; pause *= 2) {
      await clock.sleep(pause, { signal: either });
      start();
    }
  };
  start();
  startMore().catch(() => {});
  try {
    return await end.promise;
  } finally {
    over.abort(new Error("another attempt has worked"));
    await Promise.all(running);
  }
}
