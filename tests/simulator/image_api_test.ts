import assert from "node:assert/strict";
import { SECOND } from "../../src/domain/time.ts";
import { virtualSimulator } from "./simulated_client.ts";

const bytes = new TextEncoder().encode("the data of an image");
/** Of those bytes. */
const MD5 = "64fae0446e76b2df9b26ecb57a980ef8";

Deno.test("an image is queued until its data comes, saving for the save time, then active with its checksums", async () => {
  using world = await virtualSimulator({ saveTime: 20 * SECOND });
  const { client, clock } = world;
  const fields = { min_ram: 512, min_disk: 2, tags: ["one"], nodepool_image_id: "7" };
  const { status, json, headers } = await client.createImage("fresh", fields);
  assert.equal(status, 201);
  assert.ok(headers["location"]!.endsWith(`/image/v2/images/${json.id}`), headers["location"]);
  assert.deepEqual(
    [json.name, json.status, json.size, json.checksum, json.visibility, json.owner, json.min_ram, json.tags],
    ["fresh", "queued", null, null, "shared", world.simulator.cloud().stock.projectId, 512, ["one"]],
  );
  await clock.advance(5 * SECOND);
  assert.equal((await client.upload(json.id, bytes)).status, 204);
  const saving = await client.image(json.id);
  assert.deepEqual([saving.status, saving.size, saving.checksum], ["saving", null, null]);
  assert.equal(Date.parse(saving.updated_at), clock.now());
  await clock.advance(20 * SECOND - 1);
  assert.equal((await client.image(json.id)).status, "saving");
  await clock.advance(1);
  const active = await client.image(json.id);
  assert.deepEqual(
    [active.status, active.size, active.checksum, active.os_hash_algo, active.nodepool_image_id],
    ["active", bytes.length, MD5, "sha512", "7"],
  );
  assert.match(active.os_hash_value, /^[0-9a-f]{128}$/);
  assert.equal(Date.parse(active.updated_at), clock.now());
  assert.equal(Date.parse(active.created_at), clock.now() - 25 * SECOND);
});

Deno.test("an image may be given its id, once", async () => {
  using world = await virtualSimulator();
  const id = "11111111-2222-4333-8444-555555555555";
  assert.equal(await world.client.createdImage("fresh", { id }), id);
  assert.equal((await world.client.createImage("other", { id })).status, 409);
  assert.deepEqual(world.simulator.cloud().images.counts(), { created: 1, deleted: 0, standing: 1 });
});

Deno.test("what Glance would not make is refused without effect, in its words", async () => {
  using world = await virtualSimulator();
  const refusals: [Record<string, unknown>, number, RegExp][] = [
    [{ disk_format: "floppy" }, 400, /does not match schema 'image': disk_format: /],
    [{ min_ram: -1 }, 400, /min_ram: /],
    [{ id: "7" }, 400, /id: not a UUID/],
    [{ own: 7 }, 400, /own: .*Expected string/],
    [{ tags: "one" }, 400, /tags: /],
    [{ status: "active" }, 403, /Attribute 'status' is read-only/],
    [{ os_glance_stage_host: "here" }, 403, /is reserved/],
    [{ visibility: "public" }, 403, /not authorized to complete publicize_image/],
    [{ owner: "somebody" }, 403, /not permitted to create images owned by 'somebody'/],
  ];
  for (const [fields, expected, message] of refusals) {
    const { status, json } = await world.client.createImage("fresh", fields);
    assert.equal(status, expected, JSON.stringify(fields));
    assert.match(json, message);
  }
  assert.equal(world.simulator.cloud().images.counts().created, 0);
});

Deno.test("data is refused where it is not wanted", async () => {
  using world = await virtualSimulator({ saveTime: 0 });
  const { client } = world;
  const id = await client.createdImage("fresh");
  assert.equal((await client.upload(id, bytes, { headers: { "content-type": "text/plain" } })).status, 415);
  assert.equal((await client.upload(id, bytes)).status, 204);
  const again = await client.upload(id, bytes);
  assert.equal(again.status, 409);
  assert.match(again.json, /Image status transition from active to saving is not allowed/);
  assert.equal((await client.upload("none", bytes)).status, 404);
  const stock = world.simulator.cloud().stock.images[0]!.id;
  assert.equal((await client.upload(stock, bytes)).status, 403);
  const bare = await client.createdImage("bare", { disk_format: null });
  const missing = await client.upload(bare, bytes);
  assert.equal(missing.status, 400);
  assert.match(missing.json, /Property disk_format must be set prior to saving data/);
});

Deno.test("an image of the project's own is deleted, one of the stock or a protected one is not", async () => {
  using world = await virtualSimulator();
  const { client } = world;
  const remove = (id: string) => client.call("DELETE", `/image/v2/images/${id}`);
  const id = await client.createdImage("fresh");
  assert.equal((await remove(id)).status, 204);
  assert.equal((await client.get(`/image/v2/images/${id}`)).status, 404);
  assert.equal((await remove(id)).status, 404);
  const kept = await client.createdImage("kept", { protected: true });
  assert.match((await remove(kept)).json, /is protected and cannot be deleted/);
  const stock = await remove(world.simulator.cloud().stock.images[0]!.id);
  assert.deepEqual([stock.status, /delete_image/.test(stock.json)], [403, true]);
  assert.deepEqual(world.simulator.cloud().images.counts(), { created: 2, deleted: 1, standing: 1 });
});

Deno.test("a server boots from a made image once that is active, and its console names it", async () => {
  using world = await virtualSimulator({ saveTime: 10 * SECOND, bootTime: SECOND });
  const { client, clock } = world;
  const imageRef = await client.createdImage("fresh");
  const early = await client.boot("node-1", { imageRef });
  assert.deepEqual([early.status, early.json.badRequest.message], [400, `Image ${imageRef} is not active.`]);
  await client.upload(imageRef, bytes);
  assert.equal((await client.boot("node-1", { imageRef })).status, 400);
  await clock.advance(10 * SECOND);
  const id = await client.booted("node-1", { imageRef });
  assert.equal((await client.call("DELETE", `/image/v2/images/${imageRef}`)).status, 204);
  await clock.advance(SECOND);
  const server = await client.server(id);
  assert.deepEqual([server.status, server.image.id], ["ACTIVE", imageRef]);
  const console = await client.call("POST", `/compute/v2.1/servers/${id}/action`, {
    "os-getConsoleOutput": {},
  });
  assert.match(console.json.output, /Booting fresh on 1 CPU/);
  assert.equal((await client.boot("node-2", { imageRef })).status, 400);
});

Deno.test("a deactivated image boots nothing and gives no data until it is reactivated", async () => {
  using world = await virtualSimulator({ saveTime: 0 });
  const { client } = world;
  const id = await client.createdImage("fresh");
  const act = async (action: string) =>
    (await client.call("POST", `/image/v2/images/${id}/actions/${action}`)).status;
  assert.equal(await act("deactivate"), 403);
  await client.upload(id, bytes);
  assert.equal(await act("deactivate"), 204);
  assert.equal((await client.image(id)).status, "deactivated");
  assert.equal((await client.boot("node-1", { imageRef: id })).status, 400);
  assert.equal((await client.get(`/image/v2/images/${id}/file`)).status, 403);
  assert.equal(await act("reactivate"), 204);
  assert.equal((await client.boot("node-1", { imageRef: id })).status, 202);
});

Deno.test("what was uploaded can be read again; before that there is nothing, of the stock nothing is kept", async () => {
  using world = await virtualSimulator({ saveTime: 0 });
  const { client } = world;
  const id = await client.createdImage("fresh");
  const read = () => client.get(`/image/v2/images/${id}/file`);
  assert.equal((await read()).status, 204);
  await client.upload(id, bytes);
  const { status, headers, json } = await read();
  assert.deepEqual([status, headers["content-md5"], json], [200, MD5, "the data of an image"]);
  const stock = world.simulator.cloud().stock.images[0]!.id;
  assert.equal((await client.get(`/image/v2/images/${stock}/file`)).status, 410);
  assert.deepEqual((await client.get(`/image/v2/images/${id}/members`)).json.members, []);
});

Deno.test("the journal tells the image and its record of every request about one", async () => {
  using world = await virtualSimulator({ saveTime: 0 });
  const { client, simulator } = world;
  const { count } = simulator.journal;
  const id = await client.createdImage("fresh", { nodepool_image_id: "12" });
  await client.upload(id, bytes);
  await client.image(id);
  await client.call("DELETE", `/image/v2/images/${id}`);
  await client.get("/image/v2/images");
  const rows = simulator.journal.rows({ since: count });
  assert.deepEqual(
    rows.map((row) => [row.operation, row.imageId, row.imageRecordId, row.effect]),
    [
      ["image.create", id, 12, true],
      ["image.upload", id, 12, true],
      ["image.show", id, 12, false],
      ["image.delete", id, 12, true],
      ["image.list", null, null, false],
    ],
  );
});
