import assert from "node:assert/strict";
import { ImageInventory } from "../../src/domain/image_inventory.ts";
import { sampleCloudImage } from "../plan/plan_fixtures.ts";

const image = (id: string) => sampleCloudImage({ id });

function listed(...listings: readonly (readonly string[])[]): ImageInventory {
  const images = new ImageInventory();
  listings.forEach((ids, index) => images.apply({ takenAt: 100 * (index + 1), value: ids.map(image) }));
  return images;
}

const shown = ({ sightings }: ImageInventory) => sightings?.value.map(({ id }) => id);

Deno.test("a listing replaces the one before, which is remembered", () => {
  const images = listed(["a", "b"], ["b", "c"]);
  assert.deepEqual(shown(images), ["b", "c"]);
  assert.deepEqual([images.sightings?.takenAt, images.sightings?.before], [200, {
    takenAt: 100,
    ids: new Set(["a", "b"]),
  }]);
});

Deno.test("an image that listings leave out is unlisted, and not gone before the cloud says so", () => {
  const images = listed(["a"], [], []);
  assert.deepEqual([images.isUnlisted("a", 300), images.isUnlisted("a", 301)], [true, false]);
  assert.equal(images.sightings?.gone.has("a"), false);
  images.noteGone("a");
  assert.deepEqual([images.isUnlisted("a", 300), images.sightings?.gone.has("a")], [false, true]);
  images.apply({ takenAt: 400, value: [image("a")] });
  assert.equal(images.sightings?.gone.has("a"), false);
});

Deno.test("an image that a look of its own showed stays, though listings leave it out", () => {
  const images = listed(["a"], []);
  images.noteFound(image("a"));
  images.apply({ takenAt: 300, value: [] });
  assert.deepEqual([shown(images), images.isFound("a"), images.isUnlisted("a", 0)], [["a"], true, true]);
  images.apply({ takenAt: 400, value: [image("a")] });
  assert.deepEqual([shown(images), images.isFound("a"), images.isUnlisted("a", 0)], [["a"], false, false]);
  assert.deepEqual(images.sightings?.before?.ids, new Set(), "only listings count as sightings");
});

Deno.test("what nothing depends on any more is forgotten", () => {
  const images = listed([]);
  for (const id of ["a", "b"]) images.noteFound(image(id));
  for (const id of ["c", "d"]) images.noteGone(id);
  images.keepOnly(new Set(["a", "c"]));
  assert.deepEqual([shown(images), [...images.sightings!.gone]], [["a"], ["c"]]);
});

Deno.test("before the first listing nothing is known of any image", () => {
  const images = new ImageInventory();
  images.keepOnly(new Set());
  assert.deepEqual([images.sightings, images.isUnlisted("a", 0)], [null, false]);
});
