import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { backoff } from "../../src/domain/backoff.ts";
import { seededRandom } from "../../src/lib/random.ts";

Deno.test("backoff() doubles from the base up to the maximum", () => {
  const waits = [0, 1, 2, 3, 4, 5, 6].map((failures) => backoff({ failures, base: 100, max: 1_000 }));
  deepEqual(waits, [0, 100, 200, 400, 800, 1_000, 1_000]);
});

Deno.test("backoff() stays at the maximum however many failures there were", () => {
  equal(backoff({ failures: 100_000, base: 1, max: 60_000 }), 60_000);
});

Deno.test("backoff() with jitter is between half of the wait and all of it, in whole milliseconds", () => {
  const inputs = { failures: fc.integer({ min: 1, max: 40 }), base: fc.integer({ min: 1, max: 5_000 }) };
  fc.assert(fc.property(fc.record({ ...inputs, seed: fc.nat() }), ({ seed, ...rest }) => {
    const full = backoff({ ...rest, max: 600_000 });
    const wait = backoff({ ...rest, max: 600_000, jitter: seededRandom(seed) });
    ok(Number.isInteger(wait) && wait <= full && wait >= Math.floor(full / 2), `${wait} of ${full}`);
  }));
});

Deno.test("backoff() with jitter brings those who failed together back at different times", () => {
  const jitter = seededRandom(1);
  const waits = Array.from({ length: 100 }, () => backoff({ failures: 5, base: 1_000, max: 60_000, jitter }));
  ok(new Set(waits).size > 90);
});
