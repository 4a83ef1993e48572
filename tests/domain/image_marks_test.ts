/** The marks that decide whether an image or a keypair on a cloud may be deleted. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { LARGEST_ID } from "../../src/domain/record_id.ts";
import { imageProperties, keypairImageId, keypairName, markedImageId } from "../../src/domain/image_marks.ts";

const installation = "6e1d2f0a-4a43-4c62-8a41-6d4c0d6d9b10";
const marks = { installation, provider: "cloud-a", imageId: 12, name: "template-noble-1" };
const properties = imageProperties(marks);

/** The record of an image of that name with our properties, but for those given. */
function found(others: Record<string, string>, name = marks.name): number | null {
  return markedImageId({ name, properties: { ...properties, ...others } }, marks);
}

Deno.test("markedImageId() finds the record of an image that we made", () => {
  assert.equal(found({}), 12);
  assert.equal(found({ os_distro: "debian" }), 12);
});

Deno.test("markedImageId() takes no image for ours of which a single mark is another's or missing", () => {
  for (const key of Object.keys(properties)) {
    assert.equal(found({ [key]: "another" }), null, key);
    const { [key]: _, ...rest } = properties;
    assert.equal(markedImageId({ name: marks.name, properties: rest }, marks), null, `without ${key}`);
  }
  assert.equal(found({}, "somebody's copy"), null);
  for (const id of ["0", "-12", "1.5", "12x", "", "9007199254740993", "Infinity"]) {
    assert.equal(found({ nodepool_image_id: id }), null, id);
  }
});

Deno.test("imageProperties() takes over the image's own entries, which never displace the marks", () => {
  const meta = Object.fromEntries(Object.keys(properties).map((key) => [key, "mine"]));
  assert.deepEqual(imageProperties(marks, { ...meta, purpose: "ci" }), { ...properties, purpose: "ci" });
});

Deno.test("keypairImageId() finds the record of our keypairs, and of no others", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: LARGEST_ID }), (id) => {
    assert.equal(keypairImageId(keypairName(installation, id), installation), id);
    assert.equal(keypairImageId(keypairName("another", id), installation), null);
  }));
  const own = keypairName(installation, 3);
  for (const name of [`x${own}`, `${own}x`, `${own}.5`, own.slice(0, -1), `${own.slice(0, -1)}03`, "3", ""]) {
    assert.equal(keypairImageId(name, installation), null, name);
  }
});
