/** Uploads as streams: bounded memory, and what is left where one breaks off. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { SECOND } from "../../src/domain/time.ts";
import { virtualSimulator } from "./simulated_client.ts";

const MIB = 2 ** 20;

/** A body that gives the same MiB again and again, and tells how often it was asked. */
function repeated(count: number) {
  const chunk = new Uint8Array(MIB).map((_, index) => index * 31);
  const told = { given: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (told.given === count) return controller.close();
      told.given++;
      controller.enqueue(chunk);
    },
    cancel() {
      told.cancelled = true;
    },
  }, { highWaterMark: 0 });
  const md5 = createHash("md5");
  for (let sent = 0; sent < count; sent++) md5.update(chunk);
  return { body, told, chunk, md5: md5.digest("hex") };
}

Deno.test("an upload of any size is hashed as it comes; what is larger than 16 MiB is not kept", async () => {
  using world = await virtualSimulator({ saveTime: 0 });
  const { client } = world;
  for (const [count, status] of [[16, 200], [17, 410]] as const) {
    const id = await client.createdImage(`of ${count} MiB`);
    const { body, md5 } = repeated(count);
    assert.equal((await client.upload(id, body)).status, 204);
    const image = await client.image(id);
    assert.deepEqual([image.size, image.checksum], [count * MIB, md5]);
    assert.equal((await client.get(`/image/v2/images/${id}/file`)).status, status);
  }
});

Deno.test("64 MiB are kept in all, and there is room again once images are deleted", async () => {
  using world = await virtualSimulator({ saveTime: 0 });
  const { client } = world;
  const ids: string[] = [];
  const uploaded = async () => {
    const id = await client.createdImage("fresh");
    await client.upload(id, repeated(15).body);
    ids.push(id);
    return (await client.get(`/image/v2/images/${id}/file`)).status;
  };
  assert.deepEqual([await uploaded(), await uploaded(), await uploaded(), await uploaded()], [
    200,
    200,
    200,
    200,
  ]);
  assert.equal(await uploaded(), 410);
  await client.call("DELETE", `/image/v2/images/${ids[0]}`);
  assert.equal(await uploaded(), 200);
});

Deno.test("a body is read no faster than it is taken in", async () => {
  using world = await virtualSimulator();
  world.simulator.arm({ fault: 5, operation: "image.upload", time: 1_200 * SECOND });
  const id = await world.client.createdImage("fresh");
  const { body, told } = repeated(100);
  const calledOff = new AbortController();
  const upload = world.client.upload(id, body, { signal: calledOff.signal });
  await world.clock.advance(600 * SECOND);
  assert.ok(told.given <= 2, `${told.given} MiB were taken while the cloud hung`);
  calledOff.abort(new DOMException("no progress", "TimeoutError"));
  await assert.rejects(upload, { kind: "timeout" });
  await world.clock.advance(1_200 * SECOND);
  assert.equal((await world.client.image(id)).status, "queued");
});

Deno.test("an upload that its sender calls off leaves the image queued, and it can be sent again", async () => {
  using world = await virtualSimulator({ saveTime: 0 });
  const { client, simulator } = world;
  const id = await client.createdImage("fresh");
  const calledOff = new AbortController();
  const source = { cancelled: false };
  let statusMeanwhile = "";
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(MIB)),
    async pull() {
      statusMeanwhile = (await client.image(id)).status;
      calledOff.abort(new Error("no longer wanted"));
    },
    cancel() {
      source.cancelled = true;
    },
  });
  await assert.rejects(client.upload(id, body, { signal: calledOff.signal }), { kind: "unavailable" });
  await world.clock.advance(0);
  assert.deepEqual([statusMeanwhile, source.cancelled], ["saving", true]);
  assert.equal((await client.image(id)).status, "queued");
  const row = simulator.journal.rows().find(({ operation }) => operation === "image.upload")!;
  assert.deepEqual([row.status, row.effect, row.imageId], [null, false, id]);
  assert.equal((await client.upload(id, repeated(1).body)).status, 204);
});

Deno.test("an image deleted while its data comes is 410 at the end", async () => {
  using world = await virtualSimulator({ saveTime: 0 });
  const { client } = world;
  const id = await client.createdImage("fresh");
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (++sent === 3) return controller.close();
      if (sent === 2) await client.call("DELETE", `/image/v2/images/${id}`);
      controller.enqueue(new Uint8Array(1000));
    },
  }, { highWaterMark: 0 });
  const { status, json } = await client.upload(id, body);
  assert.equal(status, 410);
  assert.match(json, /could not be found after upload/);
});

Deno.test("a refused upload lets its sender's body go", async () => {
  using world = await virtualSimulator();
  const { body, told } = repeated(10);
  assert.equal((await world.client.upload("none", body)).status, 404);
  assert.ok(told.cancelled);
  assert.ok(told.given <= 2, `${told.given} MiB were taken`);
});
