/** Work in flight: found by its calls, with what it waits for and where, and gone when it is over. */
import assert from "node:assert/strict";
import { InFlight } from "../../src/lib/in_flight.ts";
import { VirtualClock } from "../virtual_clock.ts";

Deno.test("work is in flight with what it waits for, since when and where, until it has ended", async () => {
  const clock = new VirtualClock();
  const inFlight = new InFlight();
  const innermost = () => inFlight.waitFor("an answer", () => clock.sleep(5_000));
  async function middle() {
    await clock.sleep(1_000);
    await innermost();
  }
  const running = inFlight.run({ what: "login", about: { node: 7 } }, clock, middle);
  assert.deepEqual(inFlight.list().map(({ waits }) => waits), [[]]);
  await clock.advance(3_000);
  const [work] = inFlight.list();
  assert.deepEqual([work!.what, work!.about, work!.age], ["login", { node: 7 }, 3_000]);
  const [wait, ...others] = work!.waits;
  assert.deepEqual([wait!.on, wait!.age, others], ["an answer", 2_000, []]);
  const calls = wait!.stack.map((line) => line.replace(/ \S+$/, ""));
  assert.deepEqual(calls.slice(0, 2), ["innermost", "middle"]);
  assert.match(wait!.stack[0]!, /^innermost tests\/lib\/in_flight_test\.ts:\d+:\d+$/);
  assert.match(
    work!.begun[0]!,
    /^tests\/lib\/in_flight_test\.ts:\d+:\d+$|^\S+ tests\/lib\/in_flight_test\.ts:/,
  );
  await clock.advance(3_000);
  await running;
  assert.deepEqual(inFlight.list(), []);
});

Deno.test("the stack of a wait tells on whose behalf, across what was awaited before", async () => {
  const clock = new VirtualClock();
  const inFlight = new InFlight();
  async function outer() {
    await inner();
  }
  async function inner() {
    await clock.sleep(1);
    await inFlight.waitFor("it", () => clock.sleep(1_000));
  }
  const running = inFlight.run({ what: "work" }, clock, outer);
  await clock.advance(500);
  const names = inFlight.list()[0]!.waits[0]!.stack.map((line) => line.replace(/ \S+$/, ""));
  assert.deepEqual(names.slice(0, 2), ["inner", "async outer"]);
  await clock.advance(1_000);
  await running;
});

Deno.test("pieces of work side by side, and several waits of one, are kept apart", async () => {
  const clock = new VirtualClock();
  const inFlight = new InFlight();
  const both = () =>
    Promise.all([
      inFlight.waitFor("a", () => clock.sleep(1_000)),
      inFlight.waitFor("b", () => clock.sleep(2_000)),
    ]);
  const running = [
    inFlight.run({ what: "one" }, clock, both),
    // Begun by another, it is work of its own.
    inFlight.run({ what: "two" }, clock, async () => {
      void inFlight.run({ what: "three" }, clock, () => inFlight.waitFor("c", () => clock.sleep(3_000)));
      await inFlight.waitFor("d", () => clock.sleep(1_000));
    }),
  ];
  const shown = () => inFlight.list().map(({ what, waits }) => `${what}: ${waits.map(({ on }) => on)}`);
  assert.deepEqual(shown(), ["one: a,b", "two: d", "three: c"]);
  await clock.advance(1_500);
  assert.deepEqual(shown(), ["one: b", "three: c"]);
  await clock.advance(2_000);
  assert.deepEqual(shown(), []);
  await Promise.all(running);
});

Deno.test("work that fails is over too, and a wait of nobody's work is just a wait", async () => {
  const clock = new VirtualClock();
  const inFlight = new InFlight();
  const failing = () => inFlight.waitFor("it", () => Promise.reject(new Error("no")));
  await assert.rejects(inFlight.run({ what: "work" }, clock, failing), /^Error: no$/);
  assert.deepEqual(inFlight.list(), []);
  assert.equal(await inFlight.waitFor("anything", () => Promise.resolve(7)), 7);
});
