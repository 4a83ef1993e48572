import assert from "node:assert/strict";
import { setAlarm, startDeadline } from "../../src/lib/deadline.ts";
import { VirtualClock } from "../virtual_clock.ts";

Deno.test("startDeadline() aborts its signal with a TimeoutError when time is up", async () => {
  const clock = new VirtualClock();
  using deadline = startDeadline({ clock, timeout: 1_000, signal: new AbortController().signal });
  await clock.advance(999);
  assert.equal(deadline.signal.aborted, false);
  await clock.advance(1);
  assert.equal(deadline.signal.reason.name, "TimeoutError");
  assert.equal(deadline.passed, true);
});

Deno.test("startDeadline() passes on the caller's abort, which is no passed deadline even when time runs out later", async () => {
  const clock = new VirtualClock();
  const caller = new AbortController();
  using deadline = startDeadline({ clock, timeout: 1_000, signal: caller.signal });
  caller.abort(new Error("enough"));
  assert.equal(deadline.signal.reason.message, "enough");
  await clock.advance(2_000);
  assert.equal(deadline.passed, false);
});

Deno.test("startDeadline() leaves neither a timer nor a listener behind", async () => {
  const clock = new VirtualClock();
  const caller = new AbortController();
  const deadline = startDeadline({ clock, timeout: 1_000, signal: caller.signal });
  assert.equal(clock.sleeping, 1);
  deadline[Symbol.dispose]();
  await clock.advance(0);
  assert.equal(clock.sleeping, 0);
  caller.abort(new Error("late"));
  assert.equal(deadline.signal.aborted, false);
});

Deno.test("startDeadline() of a signal that is aborted already throws its reason", () => {
  const signal = AbortSignal.abort(new Error("enough"));
  assert.throws(() => startDeadline({ clock: new VirtualClock(), timeout: 1, signal }), /enough/);
});

Deno.test("startDeadline() of a time limit that moves ends when nothing is left of it", async () => {
  const clock = new VirtualClock();
  let end = clock.monotonic() + 1_000;
  const timeout = () => end - clock.monotonic();
  const reason = () => new Error("nothing moves");
  using deadline = startDeadline({ clock, timeout, signal: new AbortController().signal, reason });
  await clock.advance(999);
  end += 500;
  await clock.advance(500);
  assert.equal(deadline.passed, false);
  await clock.advance(1);
  assert.deepEqual([deadline.passed, deadline.signal.reason.message], [true, "nothing moves"]);
  assert.equal(clock.sleeping, 0);
});

Deno.test("setAlarm() calls once when time is up, and never once it is disposed of", async () => {
  const clock = new VirtualClock();
  const rung: string[] = [];
  setAlarm(() => rung.push("first"), { clock, timeout: 1_000 });
  setAlarm(() => rung.push("second"), { clock, timeout: 1_000 })[Symbol.dispose]();
  await clock.advance(3_000);
  assert.deepEqual([rung, clock.sleeping], [["first"], 0]);
});
