import { deepEqual, equal, rejects } from "node:assert/strict";
import { VirtualClock } from "../virtual_clock.ts";

Deno.test("VirtualClock stands still until it is told to move", async () => {
  const clock = new VirtualClock(1_000);
  deepEqual([clock.now(), clock.monotonic()], [1_000, 0]);
  await clock.advance(250);
  deepEqual([clock.now(), clock.monotonic()], [1_250, 250]);
});

Deno.test("VirtualClock wakes sleepers in the order of their times, equals in the order they came", async () => {
  const clock = new VirtualClock(0);
  const woken: string[] = [];
  const sleeper = (name: string, milliseconds: number) =>
    clock.sleep(milliseconds).then(() => woken.push(`${name} at ${clock.now()}`));
  const all = [sleeper("late", 30), sleeper("first", 10), sleeper("second", 10), sleeper("at once", -5)];
  await clock.advance(29);
  deepEqual(woken, ["at once at 0", "first at 10", "second at 10"]);
  await clock.advance(1);
  equal(woken.at(-1), "late at 30");
  await Promise.all(all);
});

Deno.test("VirtualClock lets what a sleeper starts go on at its own time", async () => {
  const clock = new VirtualClock(0);
  const ticks: number[] = [];
  const loop = (async () => {
    for (let tick = 0; tick < 3; tick++) {
      await clock.sleep(10);
      ticks.push(clock.now());
    }
  })();
  await clock.advance(100);
  deepEqual(ticks, [10, 20, 30]);
  equal(clock.now(), 100);
  await loop;
});

Deno.test("VirtualClock ends a sleep with the signal's reason, before and while it sleeps", async () => {
  const clock = new VirtualClock();
  await rejects(clock.sleep(10, { signal: AbortSignal.abort(new Error("before")) }), /before/);
  const controller = new AbortController();
  const sleeping = rejects(clock.sleep(10, { signal: controller.signal }), /while/);
  controller.abort(new Error("while"));
  await sleeping;
  await clock.advance(20);
});

Deno.test("VirtualClock does not mind an abort after the sleep", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const sleeping = clock.sleep(10, { signal: controller.signal });
  await clock.advance(10);
  controller.abort();
  await sleeping;
});

Deno.test("VirtualClock never goes back when two move it at once", async () => {
  const clock = new VirtualClock(0);
  await Promise.all([clock.advance(100), clock.advance(10)]);
  equal(clock.now(), 100);
});

Deno.test("advanceUntil() stops as soon as the condition holds", async () => {
  const clock = new VirtualClock(0);
  let done = false;
  const work = clock.sleep(250).then(() => done = true);
  await clock.advanceUntil(() => done, { within: 10_000 });
  equal(clock.now(), 300);
  await clock.advanceUntil(() => Promise.resolve(done), { within: 0 });
  await work;
});

Deno.test("advanceUntil() gives up at its limit, and looks once more there", async () => {
  const clock = new VirtualClock(0);
  await rejects(clock.advanceUntil(() => false, { within: 250 }), /did not hold within 250 ms/);
  equal(clock.now(), 250);
  await clock.advanceUntil(() => clock.now() >= 300, { within: 50, step: 40 });
});

Deno.test("stepWall() sets what the machine's clock shows, and lets no time pass", async () => {
  const clock = new VirtualClock(1_000);
  let woken = false;
  const sleeping = clock.sleep(500).then(() => woken = true);
  clock.stepWall(10_000);
  await clock.advance(100);
  equal(woken, false);
  equal([clock.now(), clock.wall(), clock.monotonic()].join(), "1100,11100,100");
  await clock.advance(400);
  await sleeping;
});
