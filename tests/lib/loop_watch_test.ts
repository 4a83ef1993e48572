/** The event loop's delay, and who kept it. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/lib/clock.ts";
import { InFlight, type LastRan } from "../../src/lib/in_flight.ts";
import { LoopWatch } from "../../src/lib/loop_watch.ts";

/** A clock whose timers are late by what the test says, one after the other, and then stop. */
function lateClock(delays: readonly number[]) {
  let now = 0;
  let next = 0;
  return {
    monotonic: () => now,
    sleep(milliseconds: number, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
      if (next === delays.length) {
        return new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
      }
      now += milliseconds + delays[next++]!;
      return new Promise((resolve) => setImmediate(() => resolve()));
    },
    get isOver() {
      return next === delays.length;
    },
  };
}

type Block = { readonly duration: number; readonly by: LastRan | null };

async function watch(delays: readonly number[]) {
  const clock = lateClock(delays);
  const blocks: Block[] = [];
  await using loop = new LoopWatch({
    clock,
    lastBefore: () => null,
    onBlocked: (block) => blocks.push(block),
  });
  while (!clock.isOver) await new Promise<void>((resolve) => setImmediate(() => resolve()));
  await new Promise<void>((resolve) => setImmediate(() => resolve()));
  return { delay: loop.delay, blocks };
}

Deno.test("the delay has its mean, 99 % and longest of the last minute", async () => {
  const quiet = Array<number>(198).fill(2);
  const { delay } = await watch([...quiet, 30, 104]);
  assert.deepEqual(delay, { mean: (198 * 2 + 30 + 104) / 200, p99: 2, longest: 104 });
  const later = await watch([500, ...Array<number>(1_200).fill(1)]);
  assert.deepEqual(later.delay, { mean: 1, p99: 1, longest: 1 });
  assert.deepEqual((await watch([])).delay, { mean: 0, p99: 0, longest: 0 });
});

Deno.test("only what is over a second is a block, and each is told", async () => {
  const { blocks } = await watch([999, 1_000, 1_001, 5, 2_500]);
  assert.deepEqual(blocks.map(({ duration }) => duration), [1_001, 2_500]);
});

Deno.test("a listener for delays that throws ends neither the watch nor whoever has it", async () => {
  const clock = lateClock([1, 2, 1_500]);
  const blocks: Block[] = [];
  await using loop = new LoopWatch({
    clock,
    onDelay() {
      throw new Error("no such metric");
    },
    lastBefore: () => null,
    onBlocked: (block) => blocks.push(block),
  });
  while (!clock.isOver) await new Promise<void>((resolve) => setImmediate(() => resolve()));
  await new Promise<void>((resolve) => setImmediate(() => resolve()));
  assert.deepEqual([loop.delay.longest, blocks.length], [1_500, 1]);
});

Deno.test("a block is told with the work that ran before it, and not with another", async () => {
  const inFlight = new InFlight();
  const blocks: Block[] = [];
  const told = Promise.withResolvers<void>();
  await using loop = new LoopWatch({
    clock: systemClock,
    lastBefore: (now) => inFlight.lastBefore(now),
    onBlocked: (block) => {
      blocks.push(block);
      told.resolve();
    },
  });
  const other = inFlight.run(
    { what: "other" },
    systemClock,
    () => inFlight.waitFor("nothing much", () => systemClock.sleep(20)),
  );
  await other;
  await inFlight.run({ what: "task", about: { name: "tick" } }, systemClock, async () => {
    await inFlight.waitFor("an answer", () => systemClock.sleep(150));
    for (const start = systemClock.monotonic(); systemClock.monotonic() - start < 1_200;);
  });
  await told.promise;
  const [{ duration, by }] = blocks as [Block];
  assert.ok(duration > 1_000 && duration < 60_000, `${duration}`);
  assert.deepEqual([by?.what, by?.about, by?.on], ["task", { name: "tick" }, "an answer"]);
  assert.ok(loop.delay.longest >= duration);
});
