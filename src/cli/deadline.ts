/** Runs something for so long and no longer. */
import type { Clock } from "../lib/clock.ts";

/**
 * What `run` resolves to; its signal is aborted when the time is over (then `late` makes the error) or the given
 * signal is.
 */
export async function withDeadline<T>(
  { clock, milliseconds, signal }: { clock: Clock; milliseconds: number; signal: AbortSignal },
  run: (signal: AbortSignal) => Promise<T>,
  late: () => Promise<Error>,
): Promise<T> {
  const over = new AbortController();
  const timer = new AbortController();
  const sleeping = clock.sleep(milliseconds, { signal: timer.signal }).then(() => over.abort(), () => {});
  try {
    return await run(AbortSignal.any([signal, over.signal]));
  } catch (error) {
    throw over.signal.aborted && !signal.aborted ? await late() : error;
  } finally {
    timer.abort();
    await sleeping;
  }
}
