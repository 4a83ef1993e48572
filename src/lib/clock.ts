/**
 * Time as a port: what reads the clock or waits takes a `Clock`, so that tests can run days in a second. Whatever is
 * compared with or added to another instant comes from `now`, which setting the machine's clock does not touch; `wall`
 * is for what people see and for their schedules.
 */

export interface Clock {
  /** Whole milliseconds since the Unix epoch as this process counts them: never back, and on as fast as time passes. */
  now(): number;
  /** Milliseconds since the Unix epoch as the machine's clock has it, which may be set at any time. */
  wall(): number;
  /** Milliseconds from an arbitrary start, never going back; for measuring. */
  monotonic(): number;
  /** Resolves after that number of milliseconds; rejects with the signal's reason when it is aborted. */
  sleep(milliseconds: number, options?: { signal?: AbortSignal }): Promise<void>;
}

/** @returns whether it slept so long; false: the signal was aborted meanwhile */
export function sleptThrough(
  clock: Pick<Clock, "sleep">,
  milliseconds: number,
  { signal }: { signal: AbortSignal },
): Promise<boolean> {
  return clock.sleep(milliseconds, { signal }).then(() => true, () => false);
}

/** The machine's clock; it counts from what that showed at the process's start. */
export const systemClock: Clock = {
  now: () => Math.floor(performance.timeOrigin + performance.now()),
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  sleep(milliseconds, { signal } = {}) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        clearTimeout(timer);
        reject(signal!.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      }, Math.min(Math.max(0, milliseconds), MAX_TIMER));
      signal?.addEventListener("abort", abort, { once: true });
    });
  },
};

/** Longer timers overflow 32 bits and would fire at once. */
const MAX_TIMER = 2 ** 31 - 1;
