/** A place among a bounded number: left once, when what has it ends or when it has had it long enough. */
import type { Clock } from "./clock.ts";

/** @param lease how long the place is kept at most; without one, until it is disposed of */
export function placeFor(leave: () => void, lease?: { clock: Clock; placeTime: number }): Disposable {
  const ended = new AbortController();
  let isLeft = false;
  const leaveOnce = () => {
    if (isLeft) return;
    isLeft = true;
    leave();
  };
  lease?.clock.sleep(lease.placeTime, { signal: ended.signal }).then(leaveOnce, () => {});
  return {
    [Symbol.dispose]() {
      ended.abort();
      leaveOnce();
    },
  };
}
