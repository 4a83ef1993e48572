import assert from "node:assert/strict";
import fc from "fast-check";
import { chooseFlavor, describeFlavorWish } from "../../src/plan/choose_flavor.ts";
import { image, small } from "./plan_fixtures.ts";

const flavors = [
  { ...small, id: "f3", name: "m1.large", ramMib: 8192, vcpus: 4 },
  { ...small, id: "f2", name: "perf.medium", ramMib: 4096, vcpus: 2 },
  { ...small, id: "f1", name: "m1.tiny", ramMib: 512 },
  { ...small, id: "f4", name: "m1.medium", ramMib: 4096, vcpus: 4 },
];
const nameOf = (fields: Parameters<typeof image>[0]) => chooseFlavor(image(fields), flavors)?.name ?? null;

Deno.test("the smallest flavor with enough RAM is taken, of equals the one with fewer cores", () => {
  assert.equal(nameOf({ minRamMib: 512 }), "m1.tiny");
  assert.equal(nameOf({ minRamMib: 513 }), "perf.medium");
  assert.equal(nameOf({ minRamMib: 5000 }), "m1.large");
  assert.equal(nameOf({ minRamMib: 9000 }), null);
});

Deno.test("name-filter narrows the choice to names that contain it", () => {
  assert.equal(nameOf({ minRamMib: 513, nameFilter: "m1" }), "m1.medium");
  assert.equal(nameOf({ minRamMib: 513, nameFilter: "gpu" }), null);
});

Deno.test("flavor-name takes that one, by name or id, whatever its RAM", () => {
  assert.equal(nameOf({ minRamMib: 4096, flavorName: "m1.tiny" }), "m1.tiny");
  assert.equal(nameOf({ minRamMib: 4096, flavorName: "f3" }), "m1.large");
  assert.equal(nameOf({ minRamMib: 1, flavorName: "tiny" }), null);
});

Deno.test("the choice does not depend on the order in which the cloud lists its flavors", () => {
  fc.assert(fc.property(
    fc.shuffledSubarray(flavors, { minLength: flavors.length }),
    fc.integer({ min: 0, max: 9000 }),
    (shuffled, minRamMib) => {
      assert.deepEqual(
        chooseFlavor(image({ minRamMib }), shuffled),
        chooseFlavor(image({ minRamMib }), flavors),
      );
    },
  ));
});

Deno.test("a flavor that is not there is told by what was asked of it", () => {
  assert.equal(describeFlavorWish(image({ flavorName: "huge" })), "no flavor named huge");
  assert.equal(
    describeFlavorWish(image({ minRamMib: 9000, nameFilter: "m1" })),
    "no flavor with at least 9000 MiB of RAM and m1 in its name",
  );
});
