/** A deadline for one piece of work, on the given clock, joined with the caller's own signal. */
import type { Clock } from "../../lib/clock.ts";
import type { Milliseconds } from "../../domain/time.ts";
import { CloudError } from "../cloud_error.ts";

/**
 * Runs the work with a signal that is aborted when the caller's is or when time is up.
 * @throws CloudError `timeout` when time is up, the caller's reason when it aborted, else what the work threw
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  options: { clock: Clock; timeout: Milliseconds; signal: AbortSignal },
): Promise<T> {
  const { clock, timeout, signal } = options;
  signal.throwIfAborted();
  const timer = new AbortController();
  const stop = new AbortController();
  const abort = () => stop.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  clock.sleep(timeout, { signal: timer.signal }).then(
    () => stop.abort(new DOMException("the time is up", "TimeoutError")),
    () => {},
  );
  try {
    return await work(stop.signal);
  } catch (error) {
    signal.throwIfAborted();
    if (stop.signal.aborted) throw new CloudError("timeout", "the time is up", { cause: error });
    throw error;
  } finally {
    timer.abort();
    signal.removeEventListener("abort", abort);
  }
}
