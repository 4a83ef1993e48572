/** Attempts: what is under way is not begun again, and what is over gives its place back. */
import assert from "node:assert/strict";
import { SECOND } from "../../src/domain/time.ts";
import { type Attempt, Attempts } from "../../src/execute/attempts.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { gate } from "./execute_fixtures.ts";

function kit() {
  const clock = new VirtualClock();
  const [defects, wakes] = [[] as unknown[], { count: 0 }];
  const attempts = new Attempts({ clock, wake: () => wakes.count++ });
  const start = (key: string, run: Attempt["run"], { lane = "deletions", places = 1 } = {}) =>
    attempts.start({
      work: { what: "test" },
      key,
      lane,
      places,
      run,
      onDefect: (error) => defects.push(error),
    });
  return { clock, attempts, defects, wakes, start };
}

Deno.test("the same work is never under way twice, and one that is over can begin again", async () => {
  const { attempts, start, wakes } = kit();
  const first = gate<void>();
  assert.equal(start("delete 7", first.run, { places: 5 }), true);
  assert.equal(start("delete 7", first.run, { places: 5 }), false);
  assert.equal(attempts.isRunning("delete 7"), true);
  first.open();
  await attempts.settled();
  assert.deepEqual([attempts.isRunning("delete 7"), wakes.count], [false, 1]);
  assert.equal(start("delete 7", () => Promise.resolve(), { places: 5 }), true);
  await attempts.settled();
});

Deno.test("a lane has so many places, each given back at the end, however it ends", async () => {
  const { attempts, start, clock } = kit();
  for (let turn = 0; turn < 3; turn++) {
    const [good, bad] = [gate<void>(), gate<void>()];
    assert.equal(start("a", good.run, { places: 2 }), true);
    assert.equal(start("b", bad.run, { places: 2 }), true);
    assert.equal(start("c", good.run, { places: 2 }), false);
    assert.equal(start("d", good.run, { lane: "another" }), true);
    good.open();
    bad.fail(new Error("nobody foresaw it"));
    await clock.advance(5 * SECOND);
    await attempts.settled();
  }
  assert.deepEqual(["a", "b", "c", "d"].filter((key) => attempts.isRunning(key)), []);
});

Deno.test("who is told of a defect, or of an end, and throws ends neither the attempts nor the process", async () => {
  const clock = new VirtualClock();
  const broken = () => {
    throw new Error("this listener is broken");
  };
  const attempts = new Attempts({ clock, wake: broken });
  const run = () => Promise.reject(new Error("nobody foresaw it"));
  const attempt = { work: { what: "test" }, key: "a", lane: "a", places: 1, run, onDefect: broken };
  for (let turn = 0; turn < 2; turn++) {
    assert.equal(attempts.start(attempt), true);
    await clock.advance(5 * SECOND);
    await attempts.settled();
  }
  assert.deepEqual([attempts.isRunning("a"), attempts.lanes.size], [false, 0]);
});

Deno.test("settled() waits for what fits, and for nothing else", async () => {
  const { attempts, start } = kit();
  const [short, long] = [gate<void>(), gate<void>()];
  start("build 1", short.run, { places: 2 });
  start("delete 1", long.run, { places: 2 });
  let settled = false;
  const waiting = attempts.settled((key) => key.startsWith("build")).then(() => settled = true);
  await Promise.resolve();
  assert.equal(settled, false);
  short.open();
  await waiting;
  assert.equal(attempts.isRunning("delete 1"), true);
  long.open();
  await attempts.settled();
});

Deno.test("work that only waits leaves its place to others after a while, and goes on", async () => {
  const { attempts, clock, wakes } = kit();
  const [slow, next] = [gate<void>(), gate<void>()];
  const start = (key: string, run: Attempt["run"]) =>
    attempts.start({
      work: { what: "test" },
      key,
      lane: "logins",
      places: 1,
      placeTime: 5 * SECOND,
      run,
      onDefect: () => {},
    });
  assert.equal(start("slow", slow.run), true);
  assert.equal(start("next", next.run), false);
  await clock.advance(5 * SECOND);
  assert.equal(wakes.count, 1, "another plan is asked for");
  assert.equal(start("next", next.run), true);
  assert.equal(start("third", next.run), false);
  assert.deepEqual(["slow", "next", "third"].filter((key) => attempts.isRunning(key)), ["slow", "next"]);
  slow.open();
  await attempts.settled((key) => key === "slow");
  assert.equal(start("third", next.run), false, "the place that was left is not left twice");
  next.open();
  await attempts.settled();
  assert.equal(attempts.lanes.size, 0);
});
