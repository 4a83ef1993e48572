/** What the log says of tasks that fail again and again. */
import assert from "node:assert/strict";
import { SECOND } from "../../src/domain/time.ts";
import { logFailures } from "../../src/tasks/log_failures.ts";
import { StoreError } from "../../src/store/store.ts";
import { loggedLines } from "../lib/logged_lines.ts";
import { VirtualClock } from "../virtual_clock.ts";

Deno.test("a task that fails each time is in the log when it begins, when the reason changes, and every ten minutes", async () => {
  const clock = new VirtualClock();
  const fail = logFailures(clock);
  const lines = await loggedLines(async () => {
    for (let second = 0; second <= 25 * 60; second += 10) {
      fail("statsd", new Error(second < 300 ? "no luck" : "no rights"));
      await clock.advance(10 * SECOND);
    }
  });
  assert.deepEqual(lines.map(({ message }) => message.join("")), [
    "task statsd: no luck",
    "task statsd: no rights",
    "task statsd: no rights",
    "task statsd: no rights",
  ]);
});

Deno.test("each task has a line of its own; that nothing is written any more at the end has none", async () => {
  const fail = logFailures(new VirtualClock());
  const lines = await loggedLines(() => {
    for (const task of ["check", "tick", "check"]) fail(task, new Error("no luck"));
    fail("history", new StoreError("stopped", "this daemon is stopping and writes nothing more"));
  });
  assert.deepEqual(lines.map(({ message }) => message.join("")), [
    "task check: no luck",
    "task tick: no luck",
  ]);
});
