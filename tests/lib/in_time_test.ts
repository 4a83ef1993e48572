import { equal, rejects } from "node:assert/strict";
import { endsInTime, inTime, TimeUpError } from "../../src/lib/deadline.ts";
import { VirtualClock } from "../virtual_clock.ts";

const never = () => new Promise<never>(() => {});

Deno.test("inTime() gives what the work gives, and leaves no timer behind", async () => {
  const clock = new VirtualClock();
  const options = { clock, timeout: 1_000, signal: new AbortController().signal };
  equal(await inTime(Promise.resolve(7), options), 7);
  await rejects(inTime(Promise.reject(new Error("broken")), options), /broken/);
  equal(clock.sleeping, 0);
});

Deno.test("inTime() ends when time is up", async () => {
  const clock = new VirtualClock();
  const waiting = rejects(
    inTime(never(), { clock, timeout: 1_000, signal: new AbortController().signal }),
    TimeUpError,
  );
  await clock.advance(1_000);
  await waiting;
});

Deno.test("inTime() ends with the signal's reason, before and while it waits", async () => {
  const clock = new VirtualClock();
  const aborted = AbortSignal.abort(new Error("before"));
  await rejects(
    inTime(Promise.reject(new Error("unheard")), { clock, timeout: 1, signal: aborted }),
    /before/,
  );
  const controller = new AbortController();
  const waiting = rejects(inTime(never(), { clock, timeout: 1_000, signal: controller.signal }), /while/);
  controller.abort(new Error("while"));
  await waiting;
  equal(clock.sleeping, 0);
});

Deno.test("endsInTime() tells whether the work has ended by then, and throws what it throws", async () => {
  const clock = new VirtualClock();
  const limits = { clock, timeout: 1_000, signal: new AbortController().signal };
  equal(await endsInTime(Promise.resolve(), limits), true);
  await rejects(endsInTime(Promise.reject(new Error("broken")), limits), /broken/);
  const waiting = endsInTime(never(), limits);
  await clock.advance(1_000);
  equal(await waiting, false);
});
