/**
 * Switches the profiler on and off, twice, with work between, and posts what it says. In an isolate of its own: with
 * the code of all the tests of a share, each start would take the better part of a second, and the work must be longer.
 */
import { parentPort } from "node:worker_threads";
import { systemClock } from "../../src/lib/clock.ts";
import { createCpuProfiler } from "../../src/lib/cpu_profiler.ts";
import { ownTimes } from "../../src/lib/own_times.ts";

export interface ProfiledTurn {
  readonly isOnBetween: boolean;
  readonly isOnAfter: boolean;
  readonly times: ReturnType<typeof ownTimes>;
}

const profiler = createCpuProfiler();
const turns: ProfiledTurn[] = [];
for (let turn = 0; turn < 2; turn++) {
  const asked = systemClock.monotonic();
  await profiler.start();
  const isOnBetween = profiler.isOn;
  // Starting may count too, and takes the longer the busier the machine is.
  spin(100 + 3 * (systemClock.monotonic() - asked));
  const profile = await profiler.stop();
  turns.push({ isOnBetween, isOnAfter: profiler.isOn, times: ownTimes(profile) });
}
parentPort!.postMessage(turns);

function spin(time: number): number {
  let sum = 0;
  for (const start = systemClock.monotonic(); systemClock.monotonic() - start < time;) {
    for (let count = 0; count < 10_000; count++) sum += Math.sqrt(count);
  }
  return sum;
}
