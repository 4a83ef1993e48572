/** The part of `cloudContract` that is about images: made and filled by us, or of a server as it is. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { ImageData, WholeCloud } from "../../src/cloud/cloud.ts";
import { markedImageId } from "../../src/domain/image_marks.ts";
import { type ContractTest, refusalOf, signal, UNKNOWN_ID } from "./cloud_fixture.ts";

export function imagesContract(test: ContractTest): void {
  test("an image is made, filled, listed by its mark and by its project, and deleted", async (fixture) => {
    const { cloud } = fixture.subject;
    const marks = fixture.marks(7);
    const id = await fixture.createImage(marks);
    const [queued] = await fixture.ownImages();
    assert.deepEqual(
      [queued?.id, queued?.name, queued?.status, queued?.size, queued?.checksum, queued?.hash],
      [id, fixture.name, "queued", null, null, null],
    );
    assert.equal(markedImageId(queued!, { installation: fixture.name, provider: "contract" }), 7);

    const bytes = imageBytes();
    const told: number[] = [];
    await cloud.uploadImage(id, dataOf(bytes, (sent) => told.push(sent)), { signal });
    const image = await fixture.activeImage(id);
    assert.deepEqual(image.properties, { ...queued!.properties, ...marks });
    assert.equal(image.size, bytes.length);
    assert.equal(image.checksum, hashOf(bytes, "md5"));
    assert.equal(image.hash?.value, hashOf(bytes, image.hash!.algorithm));
    assert.equal(told.at(-1), bytes.length, "progress ends with all of it");
    assert.deepEqual(told, told.toSorted((one, other) => one - other));
    assert.ok((await cloud.listProjectImages({ signal })).some((each) => each.id === id));
    assert.deepEqual(await cloud.findImages(fixture.name, { signal }), [image]);
    assert.deepEqual(await cloud.getImage(id, { signal }), image);
    assert.deepEqual(await cloud.listOwnImages(`${fixture.name}-other`, { signal }), []);

    const again = await refusalOf(cloud.uploadImage(id, dataOf(bytes), { signal }));
    assert.deepEqual([again.kind, again.effect], ["conflict", "none"], again.message);
    assert.equal((await fixture.activeImage(id)).checksum, image.checksum);

    assert.equal(await cloud.deleteImage(id, { signal }), "accepted");
    await fixture.subject.waitFor(
      "the image to be gone",
      async () => (await fixture.ownImages()).length === 0,
    );
    assert.equal(await cloud.deleteImage(id, { signal }), "gone");
    assert.equal(await cloud.deleteImage(UNKNOWN_ID, { signal }), "gone");
    assert.equal(await cloud.getImage(id, { signal }), "gone");
    assert.equal(await cloud.getImage(UNKNOWN_ID, { signal }), "gone");
    assert.deepEqual(await cloud.findImages(fixture.name, { signal }), []);
  });

  test("data for an unknown image is refused without effect", async ({ subject: { cloud } }) => {
    const error = await refusalOf(cloud.uploadImage(UNKNOWN_ID, dataOf(imageBytes()), { signal }));
    assert.deepEqual([error.kind, error.effect], ["notFound", "none"], error.message);
    assert.match(error.requestId ?? "", /^req-/);
  });

  test("an upload that is aborted leaves an image without data, which can be deleted", async (fixture) => {
    const { cloud } = fixture.subject;
    const id = await fixture.createImage();
    const abort = new AbortController();
    const { promise: opened, resolve } = Promise.withResolvers<void>();
    const open = () => {
      resolve();
      return ReadableStream.from(hanging(imageBytes()));
    };
    const upload = cloud.uploadImage(id, { size: 2 ** 30, open }, { signal: abort.signal });
    const ended = assert.rejects(upload, /not wanted any more/);
    await opened;
    abort.abort(new Error("not wanted any more"));
    await ended;
    const [image] = await fixture.ownImages();
    assert.equal(image?.id, id);
    assert.notEqual(image.status, "active");
    assert.equal(await cloud.deleteImage(id, { signal }), "accepted");
    await fixture.subject.waitFor(
      "the image to be gone",
      async () => (await fixture.ownImages()).length === 0,
    );
  });

  test("an image of an unknown format is refused without effect", async (fixture) => {
    const request = { name: fixture.name, diskFormat: "floppy", properties: fixture.marks(7) };
    const error = await refusalOf(fixture.subject.cloud.createImage(request, { signal }));
    assert.deepEqual([error.kind, error.effect], ["badRequest", "none"], error.message);
    assert.deepEqual(await fixture.ownImages(), []);
  });

  test("a server becomes an image with marks, which becomes active and can be deleted", async (fixture) => {
    const { cloud } = fixture.subject;
    const server = await fixture.create();
    await fixture.active(server.id);
    const marks = fixture.marks(8);
    const request = { serverId: server.id, name: fixture.name, properties: marks };
    const { id } = await cloud.createSnapshot(request, { signal });
    assert.deepEqual((await fixture.ownImages()).map((image) => image.id), [id]);

    const image = await fixture.activeImage(id);
    assert.equal(image.name, fixture.name);
    assert.equal(markedImageId(image, { installation: fixture.name, provider: "contract" }), 8);
    for (const [key, value] of Object.entries(marks)) assert.equal(image.properties[key], value);
    assert.ok(image.size !== null && image.size > 0, "it has data");
    assert.ok((await cloud.listProjectImages({ signal })).some((each) => each.id === id));
    assert.equal((await fixture.active(server.id)).status, "ACTIVE", "the server goes on");

    assert.equal(await cloud.deleteImage(id, { signal }), "accepted");
    await fixture.subject.waitFor(
      "the image to be gone",
      async () => (await fixture.ownImages()).length === 0,
    );
    const error = await refusalOf(cloud.createSnapshot({ ...request, serverId: UNKNOWN_ID }, { signal }));
    assert.deepEqual([error.kind, error.effect], ["notFound", "none"], error.message);
  });

  test("a listing of images in small pages is the same as in one", async (fixture) => {
    const ids = [];
    for (let count = 0; count < 5; count++) ids.push(await fixture.createImage());
    await using small = fixture.subject.withPageSize(2);
    const own = await small.listOwnImages(fixture.name, { signal });
    assert.deepEqual(own.map(({ id }) => id).toSorted(), ids.toSorted());
    const idsOf = async (cloud: WholeCloud) =>
      (await cloud.listProjectImages({ signal })).map(({ id }) => id).toSorted();
    assert.deepEqual(await idsOf(small), await idsOf(fixture.subject.cloud));
  });
}

/** An image's worth of bytes, no two pieces alike, that end in the middle of a block. */
function imageBytes(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(3_000_001);
  // A loop: `Uint8Array.from` with a function takes ten times as long, and more.
  for (let index = 0; index < bytes.length; index++) bytes[index] = (index * index) >> 7;
  return bytes;
}

function dataOf(bytes: Uint8Array<ArrayBuffer>, onProgress?: (sent: number) => void): ImageData {
  return { size: bytes.length, open: () => new Blob([bytes]).stream(), onProgress };
}

/** Gives the bytes, and then nothing more. */
async function* hanging(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
  await new Promise(() => {});
}

function hashOf(bytes: Uint8Array, algorithm: string): string {
  return createHash(algorithm).update(bytes).digest("hex");
}
