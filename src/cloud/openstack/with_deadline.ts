/** A deadline for one piece of work, joined with the caller's own signal. `transport` sets it. */
import type { Clock } from "../../lib/clock.ts";
import type { Milliseconds } from "../../domain/time.ts";
import { CloudError } from "../cloud_error.ts";

export interface Deadline {
  /** Asked at the start, and again when that is over: a deadline may move. */
  timeLeft(): Milliseconds;
  /** What was wrong when no time is left. */
  explain(): string;
}

/** So many milliseconds from now. */
export function deadlineIn(
  timeout: Milliseconds,
  { clock, explain }: { clock: Clock; explain: () => string },
): Deadline {
  const end = clock.monotonic() + timeout;
  return { timeLeft: () => end - clock.monotonic(), explain };
}

/**
 * Runs the work with a signal that is aborted when the caller's is or when time is up.
 * @throws CloudError `timeout` when time is up, the caller's reason when it aborted, else what the work threw
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  options: { clock: Clock; deadline: Deadline; signal: AbortSignal },
): Promise<T> {
  const { clock, deadline, signal } = options;
  signal.throwIfAborted();
  const timer = new AbortController();
  const stop = new AbortController();
  const abort = () => stop.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  timeIsUp(deadline, { clock, signal: timer.signal }).then(
    () => stop.abort(new DOMException("the time is up", "TimeoutError")),
    () => {},
  );
  try {
    return await work(stop.signal);
  } catch (error) {
    signal.throwIfAborted();
    if (stop.signal.aborted) throw new CloudError("timeout", deadline.explain(), { cause: error });
    throw error;
  } finally {
    timer.abort();
    signal.removeEventListener("abort", abort);
  }
}

async function timeIsUp(
  deadline: Deadline,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  for (let left = deadline.timeLeft(); left > 0; left = deadline.timeLeft()) {
    await clock.sleep(left, { signal });
  }
}
