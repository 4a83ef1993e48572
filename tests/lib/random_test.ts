import { deepEqual, equal, match, notDeepEqual, notEqual, ok } from "node:assert/strict";
import { type Random, seededRandom, systemRandom } from "../../src/lib/random.ts";

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function some(random: Random): unknown[] {
  return [random.float(), random.integer(1_000), random.pick(["a", "b", "c"]), random.uuid(), random.float()];
}

Deno.test("seededRandom() gives the same for the same seed, and something else for another", () => {
  deepEqual(some(seededRandom(7)), some(seededRandom(7)));
  notDeepEqual(some(seededRandom(7)), some(seededRandom(8)));
});

Deno.test("seededRandom() gives what mulberry32 does", () => {
  const random = seededRandom(0);
  deepEqual([random.float(), random.float()], [0.26642920868471265, 0.0003297457005828619]);
});

for (
  const [name, make] of [["systemRandom", () => systemRandom], [
    "seededRandom()",
    () => seededRandom(1),
  ]] as const
) {
  Deno.test(`${name} stays within its bounds and reaches all of them`, () => {
    const random = make();
    const counts = [0, 0, 0, 0, 0];
    for (let draw = 0; draw < 5_000; draw++) {
      const float = random.float();
      ok(float >= 0 && float < 1);
      counts[random.integer(5)]! += 1;
    }
    ok(counts.length === 5 && counts.every((count) => count > 800 && count < 1_200), `${counts}`);
    const picked = new Set(Array.from({ length: 200 }, () => random.pick(["a", "b", "c"])));
    deepEqual([...picked].sort(), ["a", "b", "c"]);
  });

  Deno.test(`${name} makes version 4 UUIDs, another each time`, () => {
    const random = make();
    const [one, other] = [random.uuid(), random.uuid()];
    match(one, UUID_4);
    match(other, UUID_4);
    notEqual(one, other);
  });
}

Deno.test("integer() below 1 is always 0", () => {
  equal(seededRandom(3).integer(1), 0);
});
