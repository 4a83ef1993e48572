import assert from "node:assert/strict";
import fc from "fast-check";
import { chooseFlavor, whyNoFlavor } from "../../src/plan/choose_flavor.ts";
import { image, sampleCloudImage, small } from "./plan_fixtures.ts";

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

Deno.test("a flavor of a size that cannot be told is taken by its name alone", () => {
  const odd = [{ ...small, id: "f9", name: "odd", ramMib: 0, vcpus: 0 }];
  const source = sampleCloudImage({ minRamMib: 2048 });
  assert.equal(chooseFlavor(image({ flavorName: "odd" }), odd, source)?.id, "f9");
  assert.equal(chooseFlavor(image({ minRamMib: 0 }), odd), null);
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
  assert.equal(whyNoFlavor(image({ flavorName: "huge" })).message, "no flavor named huge");
  assert.equal(
    whyNoFlavor(image({ minRamMib: 9000, nameFilter: "m1" })).message,
    "no flavor with at least 9000 MiB of RAM and m1 in its name",
  );
});

const sized = (name: string, ramMib: number, diskGib: number) => ({
  ...small,
  id: name,
  name,
  ramMib,
  diskGib,
});
const twins = [
  sized("b2.none", 2048, 0),
  sized("b2", 2048, 20),
  sized("b2.big", 2048, 80),
  sized("b4", 4096, 40),
];
const chosen = (
  needs: Parameters<typeof sampleCloudImage>[0],
  fields: Parameters<typeof image>[0] = {},
  flavors = twins,
) => {
  const wish = image({ minRamMib: 2048, flavorName: null, nameFilter: null, ...fields });
  const source = sampleCloudImage(needs);
  return chooseFlavor(wish, flavors, source)?.name ?? whyNoFlavor(wish, flavors, source).message;
};

Deno.test("known facts are used: of two flavors of a size the one with a disk, unless the server boots from a volume", () => {
  assert.equal(chosen({}), "b2");
  assert.equal(chosen({}, { bootFromVolume: true, volumeSize: 20 }), "b2.none");
  assert.equal(chosen({}, {}, [twins[0]!]), "b2.none", "a cloud that has no others may take it");
});

Deno.test("known facts are used: the smallest flavor on which Nova would accept the image", () => {
  assert.equal(chosen({ minDiskGib: 21 }), "b2.big");
  assert.equal(chosen({ minRamMib: 2049 }), "b4");
  assert.equal(chosen({ size: 30 * 2 ** 30 }), "b2.big");
  assert.equal(chosen({ minDiskGib: 20, minRamMib: 2048, size: 20 * 2 ** 30 }), "b2");
  assert.equal(chosen({ minDiskGib: 30 }, { bootFromVolume: true, volumeSize: 30 }), "b2.none");
  assert.equal(chosen({ minRamMib: 4096 }, { bootFromVolume: true, volumeSize: 30 }), "b4");
  assert.equal(chosen({ minDiskGib: 30 }, { nameFilter: "b4" }), "b4");
});

Deno.test("known facts are used: what Nova would refuse is said before, with the flavor and what the image needs", () => {
  assert.equal(
    chosen({ minDiskGib: 81 }, { nameFilter: "b2" }),
    "image noble needs 81 GiB of disk (min_disk), the flavor b2.big has 80",
  );
  assert.equal(
    chosen({ minRamMib: 8192 }),
    "image noble needs 8192 MiB of RAM (min_ram), the flavor b2.big has 2048",
  );
  assert.equal(
    chosen({ minDiskGib: 30 }, { flavorName: "b2" }),
    "image noble needs 30 GiB of disk (min_disk), the flavor b2 has 20",
  );
  assert.equal(
    chosen({ size: 25 * 2 ** 30 + 1 }, { flavorName: "b2" }),
    "image noble has 26 GiB of data, the flavor b2 has 20 GiB of disk",
  );
  assert.equal(
    chosen({ minDiskGib: 30 }, { bootFromVolume: true, volumeSize: 20 }),
    "image noble needs 30 GiB of disk (min_disk), the volume has 20",
  );
});

Deno.test("known facts are used: flavors alike in all are told apart by name and id, in whatever order they come", () => {
  const alike = ["x", "y", "z"].map((id) => ({ ...small, id, name: "same" }));
  fc.assert(fc.property(fc.shuffledSubarray(alike, { minLength: 3 }), (flavors) => {
    assert.equal(chooseFlavor(image({ minRamMib: 1, flavorName: null, nameFilter: null }), flavors)?.id, "x");
  }));
});
