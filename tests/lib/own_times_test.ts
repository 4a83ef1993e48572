/** What a CPU profile says of functions, and that the profiler's own profiles are such. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { createCpuProfiler } from "../../src/lib/cpu_profiler.ts";
import { ownTimes } from "../../src/lib/own_times.ts";
import type { ProfiledTurn } from "./profiled_worker.ts";

const frame = (functionName: string, url = "", lineNumber = -1) => (
  { functionName, scriptId: "0", url, lineNumber, columnNumber: 0 }
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
  const turns = await profiledTurns();
  assert.equal(turns.length, 2);
  for (const { isOnBetween, isOnAfter, times: { total, busy, functions } } of turns) {
    assert.deepEqual([isOnBetween, isOnAfter], [true, false]);
    assert.ok(busy > 50 && busy <= total, `${busy} of ${total}`);
    // V8 may count it as a part of its caller.
    assert.equal(functions[0]!.place.replace(/:\d+$/, ""), "tests/lib/profiled_worker.ts");
  }
});

Deno.test("a profiler that is off cannot be stopped", async () => {
  await assert.rejects(createCpuProfiler().stop(), /the profiler is off/);
});

async function profiledTurns(): Promise<readonly ProfiledTurn[]> {
  const worker = new Worker(new URL("profiled_worker.ts", import.meta.url));
  try {
    const [turns] = await once(worker, "message");
    return turns;
  } finally {
    await worker.terminate();
  }
}
