/** Waiting for work that others do, for so long at most; the work itself goes on. */
import type { Milliseconds } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";

export class TimeUpError extends Error {
  override readonly name = "TimeUpError";
}

/** @throws TimeUpError; the signal's reason on abort; what the work throws */
export async function inTime<Result>(
  work: Promise<Result>,
  { clock, timeout, signal }: { clock: Clock; timeout: Milliseconds; signal: AbortSignal },
): Promise<Result> {
  // Whoever stopped waiting need not hear of its failure.
  work.catch(() => {});
  signal.throwIfAborted();
  const over = new AbortController();
  const stopped = Promise.withResolvers<never>();
  const abort = () => stopped.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  clock.sleep(timeout, { signal: over.signal }).then(
    () => stopped.reject(new TimeUpError(`not over after ${timeout} ms`)),
    () => {},
  );
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    over.abort();
    signal.removeEventListener("abort", abort);
  }
}
