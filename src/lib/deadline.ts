/** A time limit for one piece of work, as a signal: aborted when time is up, or when the caller's own signal is. */
import type { Clock } from "./clock.ts";

/** Disposing of it, when the work has ended, stops the clock. */
interface Deadline extends Disposable {
  /** Its reason is a `TimeoutError` when time is up, else the caller's. */
  readonly signal: AbortSignal;
  /** Whether time was up before the caller aborted. */
  readonly passed: boolean;
}

/**
 * @param options `timeout` in milliseconds
 * @throws the signal's reason when it is aborted already
 */
export function startDeadline(
  { clock, timeout, signal }: { clock: Clock; timeout: number; signal: AbortSignal },
): Deadline {
  signal.throwIfAborted();
  const timer = new AbortController();
  const stop = new AbortController();
  let passed = false;
  const abort = () => stop.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  clock.sleep(timeout, { signal: timer.signal }).then(
    () => {
      passed = !stop.signal.aborted;
      stop.abort(new DOMException("the time is up", "TimeoutError"));
    },
    () => {},
  );
  return {
    signal: stop.signal,
    get passed() {
      return passed;
    },
    [Symbol.dispose]() {
      timer.abort();
      signal.removeEventListener("abort", abort);
    },
  };
}
