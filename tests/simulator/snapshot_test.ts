import assert from "node:assert/strict";
import { SECOND } from "../../src/domain/time.ts";
import type { SimulatorInput } from "../../src/simulator/settings.ts";
import { virtualSimulator } from "./simulated_client.ts";

const BASE = {
  name: "base",
  minRam: 256,
  size: 5_000_000,
  properties: { os_distro: "debian", colour: "red", cache_in_nova: "True" },
};

/** An ACTIVE server of the image `base`, and a way to take an image of it. */
async function withServer(cloud: NonNullable<SimulatorInput["clouds"]>[number] = {}) {
  const world = await virtualSimulator({ bootTime: 0, images: [BASE], snapshotTime: 30 * SECOND, ...cloud });
  const { client } = world;
  const id = await client.booted("node-1", { metadata: { nodepool: '{"node_id": 7}' } });
  const take = (createImage: unknown, { microversion = "2.1", of = id } = {}) =>
    client.call("POST", `/compute/v2.1/servers/${of}/action`, { createImage }, {
      headers: { "openstack-api-version": `compute ${microversion}` },
    });
  const taken = async (name: string, metadata?: Record<string, string>): Promise<string> => {
    const { status, json } = await take({ name, metadata }, { microversion: "2.45" });
    assert.equal(status, 202, JSON.stringify(json));
    return json.image_id;
  };
  return { ...world, id, take, taken, [Symbol.dispose]: () => world[Symbol.dispose]() };
}

Deno.test("an image of a server is queued, saving, then active, and the server says what is being done to it", async () => {
  using world = await withServer();
  const { client, clock, id } = world;
  const image = await world.taken("snap");
  const seen = async () => [
    (await client.image(image)).status,
    (await client.server(id))["OS-EXT-STS:task_state"],
  ];
  assert.deepEqual(await seen(), ["queued", "image_snapshot"]);
  await clock.advance(15 * SECOND);
  assert.deepEqual(await seen(), ["saving", "image_uploading"]);
  await clock.advance(15 * SECOND - 1);
  assert.deepEqual(await seen(), ["saving", "image_uploading"]);
  await clock.advance(1);
  assert.deepEqual(await seen(), ["active", null]);
  assert.equal(Date.parse((await client.server(id)).updated), clock.now());
  const { size, checksum } = await client.image(image);
  assert.equal(size, BASE.size);
  assert.match(checksum, /^[0-9a-f]{32}$/);
});

Deno.test("an image of a server has its base's properties, what Nova says of it, and the request's on top", async () => {
  using world = await withServer();
  const { stock } = world.simulator.cloud();
  const image = await world.taken("snap", { colour: "green", nodepool_image_id: "3" });
  const shown = await world.client.image(image);
  const told = { ...shown };
  assert.deepEqual([shown.name, shown.owner, shown.visibility], ["snap", stock.projectId, "private"]);
  assert.deepEqual([shown.min_ram, shown.min_disk, shown.disk_format], [256, 1, "qcow2"]);
  for (
    const [key, value] of Object.entries({
      os_distro: "debian",
      colour: "green",
      nodepool_image_id: "3",
      instance_uuid: world.id,
      base_image_ref: stock.images[0]!.id,
      image_type: "snapshot",
      image_location: "snapshot",
      cache_in_nova: undefined,
    })
  ) assert.equal(told[key], value, key);
});

Deno.test("the image's id is in the body from 2.45 on, before it at the end of the location", async () => {
  using world = await withServer({ snapshotTime: 0 });
  const old = await world.take({ name: "old" }, { microversion: "2.44" });
  assert.deepEqual([old.status, old.json], [202, null]);
  const id = old.headers["location"]!.split("/").at(-1)!;
  assert.equal((await world.client.image(id)).name, "old");
  const newer = await world.take({ name: "new" }, { microversion: "2.45" });
  assert.deepEqual([newer.status, newer.headers["location"]], [202, undefined]);
  assert.equal((await world.client.image(newer.json.image_id)).name, "new");
});

Deno.test("the journal tells server, node, image and record of a snapshot", async () => {
  using world = await withServer();
  const image = await world.taken("snap", { nodepool_image_id: "3" });
  const row = world.simulator.journal.rows().at(-1)!;
  assert.deepEqual(
    [row.operation, row.serverId, row.nodeId, row.imageId, row.imageRecordId, row.effect],
    ["server.snapshot", world.id, 7, image, 3, true],
  );
});

Deno.test("a server that is not ACTIVE, is busy or goes away gives no image", async () => {
  using world = await withServer({ bootTime: 10 * SECOND, deleteTime: 5 * SECOND });
  const { client, clock, id } = world;
  const refused = async (message: RegExp) => {
    const { status, json } = await world.take({ name: "snap" });
    assert.equal(status, 409);
    assert.match(json.conflictingRequest.message, message);
  };
  await refused(/^Cannot 'createImage' instance \S+ while it is in vm_state building$/);
  await clock.advance(10 * SECOND);
  await world.taken("first");
  await refused(/in task_state image_snapshot$/);
  await clock.advance(30 * SECOND);
  await client.call("DELETE", `/compute/v2.1/servers/${id}`);
  await refused(/in task_state deleting$/);
  await clock.advance(5 * SECOND);
  assert.equal((await world.take({ name: "snap" })).status, 404);
  assert.equal(world.simulator.cloud().images.counts().created, 1);
});

Deno.test("a request for an image without a name, or with other metadata than text, is refused", async () => {
  using world = await withServer();
  for (
    const createImage of [{}, { name: " " }, { name: "x".repeat(256) }, { name: "a", metadata: { b: 1 } }]
  ) {
    assert.equal((await world.take(createImage)).status, 400, JSON.stringify(createImage));
  }
  assert.equal(world.simulator.cloud().images.counts().created, 0);
});

Deno.test("an image that is not done is lost with its server; one that is done stays, and boots another", async () => {
  using world = await withServer({ deleteTime: 0 });
  const { client, clock } = world;
  const done = await world.taken("done");
  await clock.advance(30 * SECOND);
  const half = await world.taken("half");
  await clock.advance(20 * SECOND);
  await client.call("DELETE", `/compute/v2.1/servers/${world.id}`);
  assert.equal((await client.get(`/image/v2/images/${half}`)).status, 404);
  const next = await client.booted("node-2", { imageRef: done });
  assert.equal((await client.server(next)).image.id, done);
});

Deno.test("a server that boots from an image of a server hands its properties on", async () => {
  using world = await withServer({ snapshotTime: 0 });
  const first = await world.taken("first", { nodepool_image_id: "3" });
  const of = await world.client.booted("node-2", { imageRef: first });
  const { json } = await world.take({ name: "second" }, { microversion: "2.45", of });
  const second = await world.client.image(json.image_id);
  assert.deepEqual(
    [second.nodepool_image_id, second.base_image_ref, second.instance_uuid, second.os_distro],
    ["3", first, of, "debian"],
  );
});
