import assert from "node:assert/strict";
import fc from "fast-check";
import { DAY, isoText, LAST_INSTANT } from "../../src/domain/time.ts";

Deno.test("an instant is told as a Date tells it, whichever day was told before", () => {
  const instants = fc.oneof(
    fc.integer({ min: 0, max: LAST_INSTANT }),
    fc.integer({ min: 0, max: Math.floor(LAST_INSTANT / DAY) }).map((day) => day * DAY),
    fc.integer({ min: 1, max: Math.floor(LAST_INSTANT / DAY) }).map((day) => day * DAY - 1),
    fc.double({ min: 0, max: LAST_INSTANT, noNaN: true }),
  );
  fc.assert(fc.property(fc.array(instants), (all) => {
    assert.deepEqual(all.map(isoText), all.map((one) => new Date(one).toISOString()));
  }));
});

Deno.test("what no calendar has is told as its first or last day", () => {
  for (
    const [instant, text] of [
      [-1, "1970-01-01T00:00:00.000Z"],
      [-Infinity, "1970-01-01T00:00:00.000Z"],
      [NaN, "1970-01-01T00:00:00.000Z"],
      [LAST_INSTANT + 1, "9999-12-31T23:59:59.999Z"],
      [Infinity, "9999-12-31T23:59:59.999Z"],
    ] as const
  ) assert.equal(isoText(instant), text);
});
