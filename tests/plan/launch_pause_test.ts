import assert from "node:assert/strict";
import fc from "fast-check";
import type { LaunchPause } from "../../src/domain/launch_pause.ts";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { isProbing, pauseAfterFailure } from "../../src/plan/launch_pause.ts";
import { NOW } from "./plan_fixtures.ts";

const failed = {
  provider: "cloud-a",
  label: "noble",
  error: "no login",
  kind: "ssh",
  launchedAt: NOW,
  retries: 3,
};

/** The pauses after so many failures, one after the other. */
function pauses(count: number, retries = 3): LaunchPause[] {
  const made: LaunchPause[] = [];
  for (let index = 0; index < count; index++) {
    const now = NOW + index * 60 * MINUTE;
    made.push(pauseAfterFailure(made.at(-1) ?? null, { ...failed, retries, launchedAt: now - 1 }, now));
  }
  return made;
}

Deno.test("the first launch-retries failures are tried again soon, then pauses double up to ten minutes", () => {
  const lengths = pauses(12).map(({ until, lastFailureAt }) => (until! - lastFailureAt) / SECOND);
  assert.deepEqual(lengths, [1, 1, 1, 15, 30, 60, 120, 240, 480, 600, 600, 600]);
});

Deno.test("a pause tells whose it is, how many failed and what the last one said", () => {
  assert.deepEqual(pauseAfterFailure(null, failed, NOW), {
    provider: "cloud-a",
    label: "noble",
    failures: 1,
    until: NOW + SECOND,
    lastError: "no login",
    lastKind: "ssh",
    lastFailureAt: NOW,
  });
});

Deno.test("launches go ahead one at a time from launch-retries failures on", () => {
  assert.deepEqual(pauses(4).map((pause) => isProbing(pause, 3)), [false, false, true, true]);
});

Deno.test("a wave of launches that fail together counts only until they go ahead one at a time", () => {
  let pause: LaunchPause | null = null;
  for (let index = 0; index < 50; index++) {
    pause = pauseAfterFailure(pause, { ...failed, error: `failure ${index}` }, NOW + 1 + index);
  }
  assert.equal(pause?.failures, 3);
  assert.equal(pause?.lastError, "failure 49");
});

Deno.test("no number of failures makes a pause shorter, longer than ten minutes, or without end", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 1200 }), fc.nat(5), (count, retries) => {
    const previous = { ...pauses(1)[0]!, failures: count - 1 };
    const length = (failures: number) =>
      pauseAfterFailure({ ...previous, failures }, { ...failed, retries, launchedAt: NOW + 1 }, NOW + 1)
        .until! - NOW - 1;
    assert.ok(length(count) >= length(count - 1) && length(count) <= 10 * MINUTE);
  }));
});
