/**
 * Time limits. An alarm calls when time is up; a deadline is a signal for one piece of work, aborted when time is up
 * or when the caller's own signal is. Disposing of one, when the work has ended, stops its clock.
 */
import type { Clock } from "./clock.ts";
import { orAborted } from "./or_aborted.ts";

/** Calls once after that number of milliseconds, unless it is disposed of before. */
export function setAlarm(
  ring: () => void,
  { clock, timeout }: { clock: Pick<Clock, "sleep">; timeout: number },
): Disposable {
  const off = new AbortController();
  clock.sleep(timeout, { signal: off.signal }).then(ring, () => {});
  // With a reason of its own no exception is made, which takes a stack: alarms are set all the time.
  return { [Symbol.dispose]: () => off.abort(null) };
}

interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** Whether time was up before the caller aborted. */
  readonly passed: boolean;
}

interface DeadlineOptions {
  readonly clock: Pick<Clock, "sleep">;
  /** In milliseconds. A function tells what is left, and is asked again when that is over: the deadline may move. */
  readonly timeout: number | (() => number);
  readonly signal: AbortSignal;
  /** The signal's reason when time is up; by default a `TimeoutError`. */
  readonly reason?: () => Error;
}

/** @throws the signal's reason when it is aborted already */
export function startDeadline({ clock, timeout, signal, reason = timeIsUp }: DeadlineOptions): Deadline {
  signal.throwIfAborted();
  const stop = new AbortController();
  let passed = false;
  let alarm: Disposable;
  const abort = () => stop.abort(signal.reason);
  const wait = (left: number) => alarm = setAlarm(left > 0 ? ring : end, { clock, timeout: left });
  const ring = () => typeof timeout === "function" ? wait(timeout()) : end();
  const end = () => {
    passed = !stop.signal.aborted;
    stop.abort(reason());
  };
  signal.addEventListener("abort", abort, { once: true });
  wait(typeof timeout === "function" ? timeout() : timeout);
  return {
    signal: stop.signal,
    get passed() {
      return passed;
    },
    [Symbol.dispose]() {
      alarm[Symbol.dispose]();
      signal.removeEventListener("abort", abort);
    },
  };
}

const timeIsUp = () => new DOMException("timed out", "TimeoutError");

export class TimeUpError extends Error {
  override readonly name = "TimeUpError";
}

/**
 * Waits for work that others do, for this long at most; the work itself goes on.
 * @throws TimeUpError; the signal's reason on abort; what the work throws
 */
export async function inTime<Result>(
  work: Promise<Result>,
  { timeout, ...options }: Omit<DeadlineOptions, "timeout" | "reason"> & { timeout: number },
): Promise<Result> {
  // A caller that stopped waiting need not hear of its failure.
  work.catch(() => {});
  const reason = () => new TimeUpError(`timed out after ${timeout} ms`);
  using deadline = startDeadline({ ...options, timeout, reason });
  return await orAborted(work, deadline.signal);
}

/** @returns whether it has ended by then. @throws the signal's reason on abort; what the work throws */
export async function endsInTime(
  work: Promise<unknown>,
  limits: Parameters<typeof inTime>[1],
): Promise<boolean> {
  try {
    await inTime(work, limits);
    return true;
  } catch (error) {
    if (!(error instanceof TimeUpError)) throw error;
    return false;
  }
}
