import { ok, rejects } from "node:assert/strict";
import { systemClock } from "../../src/lib/clock.ts";

Deno.test("systemClock tells the machine's time, and one that never goes back", () => {
  ok(Math.abs(systemClock.now() - Date.now()) < 1_000);
  const before = systemClock.monotonic();
  ok(systemClock.monotonic() >= before);
});

Deno.test("systemClock sleeps at least as long as it is told", async () => {
  const before = systemClock.monotonic();
  await systemClock.sleep(5);
  ok(systemClock.monotonic() - before >= 4.5);
  await systemClock.sleep(-1);
});

Deno.test("systemClock ends a sleep with the signal's reason, and leaves no timer behind", async () => {
  await rejects(systemClock.sleep(60_000, { signal: AbortSignal.abort(new Error("before")) }), /before/);
  const controller = new AbortController();
  const sleeping = rejects(systemClock.sleep(60_000, { signal: controller.signal }), /while/);
  controller.abort(new Error("while"));
  await sleeping;
});

Deno.test("systemClock does not wake at once from a sleep longer than a timer can count", async () => {
  const controller = new AbortController();
  let woken = false;
  const sleeping = systemClock.sleep(2 ** 40, { signal: controller.signal }).then(() => woken = true);
  const aborted = rejects(sleeping, /over/);
  await systemClock.sleep(5);
  ok(!woken);
  controller.abort(new Error("over"));
  await aborted;
});
