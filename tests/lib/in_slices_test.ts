import assert from "node:assert/strict";
import { inSlices } from "../../src/lib/in_slices.ts";

Deno.test("a long list is worked on in slices, between which others have their turn; a short one at once", async () => {
  for (const [length, slices] of [[0, 1], [500, 1], [501, 2], [10_000, 20]] as const) {
    const seen: number[][] = [[]];
    let done = false;
    const others = () => {
      if (done) return;
      seen.push([]);
      setImmediate(others);
    };
    setImmediate(others);
    await inSlices(Array.from({ length }, (_, index) => index), (one) => seen.at(-1)!.push(one));
    done = true;
    assert.deepEqual(seen.flat(), Array.from({ length }, (_, index) => index));
    const sizes = seen.map((slice) => slice.length).filter((size, at) => size > 0 || at === 0);
    assert.equal(sizes.length, slices);
    assert.ok(Math.max(...sizes) <= 500);
  }
});

Deno.test("what is thrown in a slice ends the work", async () => {
  const seen: number[] = [];
  const work = inSlices(Array.from({ length: 2_000 }, (_, index) => index), (one) => {
    if (one === 700) throw new RangeError("no more");
    seen.push(one);
  });
  await assert.rejects(work, RangeError);
  assert.equal(seen.length, 700);
});
