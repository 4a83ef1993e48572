import { equal } from "node:assert/strict";
import { HOUR, SECOND } from "../../src/domain/time.ts";
import { SteadyClock } from "../../src/lib/steady_clock.ts";
import { VirtualClock } from "../virtual_clock.ts";

const START = Date.UTC(2030, 0, 1);

Deno.test("SteadyClock begins at the machine's time, and setting that moves only what is shown", async () => {
  const machine = new VirtualClock(START);
  const clock = new SteadyClock(machine);
  equal(clock.now(), START);
  await machine.advance(10 * SECOND);
  machine.stepWall(-10 * HOUR);
  equal(clock.now(), START + 10 * SECOND);
  equal(clock.wall(), START + 10 * SECOND - 10 * HOUR);
  await machine.advance(SECOND);
  machine.stepWall(20 * HOUR);
  equal(clock.now(), START + 11 * SECOND);
  equal(clock.wall(), START + 11 * SECOND + 10 * HOUR);
});

Deno.test("SteadyClock counts on from where another one was, in whole milliseconds", async () => {
  const machine = new VirtualClock(START);
  await machine.advance(0.7);
  const clock = new SteadyClock(machine);
  clock.continueFrom(START + HOUR);
  await machine.advance(1.5);
  equal(clock.now(), START + HOUR + 1);
});
