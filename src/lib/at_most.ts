/** A bound on the number of calls that run at once. */
import type { Clock } from "./clock.ts";
import { setAlarm } from "./deadline.ts";

/**
 * A function that runs what it is given, but never more than `most` at once: the rest waits, in order.
 * @param most 1 or more
 * @param lease how long each keeps its place at most, where it does not until its end
 */
export function atMost(
  most: number,
  lease?: { clock: Clock; placeTime: number },
): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let free = most;
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  };
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    using _place = placeFor(leave, lease);
    return await work();
  };
}

/** A place that is left once: when what has it ends, or when it has had it long enough. */
export function placeFor(leave: () => void, lease?: { clock: Clock; placeTime: number }): Disposable {
  let isLeft = false;
  const leaveOnce = () => {
    if (isLeft) return;
    isLeft = true;
    leave();
  };
  const alarm = lease && setAlarm(leaveOnce, { clock: lease.clock, timeout: lease.placeTime });
  return {
    [Symbol.dispose]() {
      alarm?.[Symbol.dispose]();
      leaveOnce();
    },
  };
}
