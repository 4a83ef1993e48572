/** What a CPU profile says of functions, and that the profiler's own profiles are such. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/lib/clock.ts";
import { createCpuProfiler } from "../../src/lib/cpu_profiler.ts";
import { ownTimes } from "../../src/lib/own_times.ts";

const frame = (functionName: string, url = "", lineNumber = -1) => (
  { scriptId: "1", functionName, url, lineNumber, columnNumber: 0 }
);

Deno.test("own times add up by function, the longest first, without what is nobody's", () => {
  const root = new URL("../../", import.meta.url).href;
  const profile = {
    nodes: [
      { id: 1, callFrame: frame("(root)"), children: [2, 3, 4] },
      { id: 2, callFrame: frame("(idle)") },
      { id: 3, callFrame: frame("plan", `${root}src/plan/plan.ts`, 9), children: [5] },
      { id: 4, callFrame: frame("", `${root}src/plan/plan.ts`, 19), children: [6] },
      { id: 5, callFrame: frame("(garbage collector)") },
      { id: 6, callFrame: frame("plan", `${root}src/plan/plan.ts`, 9) },
    ],
    startTime: 1_000,
    endTime: 21_000,
    samples: [3, 2, 6, 4, 5, 2],
    timeDeltas: [100, 1_000, 5_000, 3_000, 2_000, 1_500],
  };
  assert.deepEqual(ownTimes(profile), {
    total: 20,
    busy: 7.5,
    functions: [
      { name: "plan", place: "src/plan/plan.ts:10", time: 4 },
      { name: "(anonymous)", place: "src/plan/plan.ts:20", time: 2 },
      { name: "(garbage collector)", place: "", time: 1.5 },
    ],
  });
});

Deno.test("the profiler finds what took the time, and can be switched on again", async () => {
  const profiler = createCpuProfiler();
  await assert.rejects(profiler.stop(), /the profiler is off/);
  const places: string[] = [];
  for (let turn = 0; turn < 2; turn++) {
    const asked = systemClock.monotonic();
    await profiler.start();
    assert.equal(profiler.isOn, true);
    // Starting may count too, and takes the longer the more code an isolate has and the busier the machine is.
    spin(100 + 3 * (systemClock.monotonic() - asked));
    const profile = await profiler.stop();
    assert.equal(profiler.isOn, false);
    const { total, busy, functions } = ownTimes(profile);
    assert.ok(busy > 50 && busy <= total, `${busy} of ${total}`);
    places.push(functions[0]!.place.replace(/:\d+$/, ""));
  }
  // V8 may count it as a part of its caller.
  assert.deepEqual(places, Array(2).fill("tests/lib/own_times_test.ts"));
});

function spin(time: number): number {
  let sum = 0;
  for (const start = systemClock.monotonic(); systemClock.monotonic() - start < time;) {
    for (let count = 0; count < 10_000; count++) sum += Math.sqrt(count);
  }
  return sum;
}
