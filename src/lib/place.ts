/** A place among a bounded number: left once, when what has it ends or when it has had it long enough. */
import type { Clock } from "./clock.ts";
import { setAlarm } from "./deadline.ts";

/** @param lease how long the place is kept at most; without one, until it is disposed of */
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
