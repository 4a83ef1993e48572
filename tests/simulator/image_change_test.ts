import assert from "node:assert/strict";
import { SECOND } from "../../src/domain/time.ts";
import { virtualSimulator } from "./simulated_client.ts";

const NEWER = "application/openstack-images-v2.1-json-patch";
const OLDER = "application/openstack-images-v2.0-json-patch";

/** A cloud with one made image, and a way to change it. */
async function withImage() {
  const world = await virtualSimulator({ saveTime: 0 });
  const id = await world.client.createdImage("fresh", { colour: "red", tags: ["one"] });
  const patch = (changes: unknown, { type = NEWER, of = id } = {}) =>
    world.client.call("PATCH", `/image/v2/images/${of}`, changes, { headers: { "content-type": type } });
  return { ...world, id, patch, [Symbol.dispose]: () => world[Symbol.dispose]() };
}

Deno.test("a patch changes fields and properties, adds some and takes some away", async () => {
  using world = await withImage();
  await world.clock.advance(SECOND);
  const { status, json } = await world.patch([
    { op: "replace", path: "/name", value: "renamed" },
    { op: "add", path: "/size~1shape", value: "round" },
    { op: "remove", path: "/colour" },
    { op: "replace", path: "/tags", value: ["two"] },
    { op: "replace", path: "/disk_format", value: "raw" },
  ]);
  assert.equal(status, 200, JSON.stringify(json));
  assert.deepEqual(
    [json.name, json["size/shape"], json.colour, json.tags, json.disk_format],
    ["renamed", "round", undefined, ["two"], "raw"],
  );
  assert.equal(Date.parse(json.updated_at), world.clock.now());
  assert.deepEqual(await world.client.image(world.id), json);
  assert.equal(world.simulator.journal.countOf("image.update"), 1);
});

Deno.test("the older form of patches adds only what is not there", async () => {
  using world = await withImage();
  const type = OLDER;
  assert.equal((await world.patch([{ add: "/shape", value: "round" }], { type })).status, 200);
  assert.equal((await world.patch([{ add: "/shape", value: "flat" }], { type })).status, 409);
  assert.equal((await world.patch([{ replace: "/shape", value: "flat" }], { type })).status, 200);
  assert.equal((await world.patch([{ remove: "/shape", add: "/x", value: "y" }], { type })).status, 400);
  assert.equal((await world.client.image(world.id)).shape, "flat");
});

Deno.test("a patch that cannot be had as a whole changes nothing", async () => {
  using world = await withImage();
  const { client, id } = world;
  await client.upload(id, new Uint8Array(1));
  const refusals: [unknown, number][] = [
    [[{ op: "replace", path: "/missing", value: "x" }], 409],
    [[{ op: "remove", path: "/missing" }], 409],
    [[{ op: "remove", path: "/name" }], 403],
    [[{ op: "replace", path: "/status", value: "active" }], 403],
    [[{ op: "replace", path: "/owner", value: "me" }], 403],
    [[{ op: "replace", path: "/visibility", value: "public" }], 403],
    [[{ op: "replace", path: "/disk_format", value: "raw" }], 403],
    [[{ op: "replace", path: "/min_ram", value: "much" }], 400],
    [[{ op: "replace", path: "/colour", value: 7 }], 400],
    [[{ op: "move", path: "/colour", value: "x" }], 400],
    [[{ op: "replace", path: "/colour" }], 400],
    [[{ op: "replace", path: "/a/b", value: "x" }], 400],
    [[{ op: "replace", path: "/~2", value: "x" }], 400],
    [["x"], 400],
    [{ op: "add", path: "/x", value: "x" }, 400],
  ];
  const before = await client.image(id);
  for (const [changes, expected] of refusals) {
    const list = Array.isArray(changes) ? [{ op: "add", path: "/early", value: "x" }, ...changes] : changes;
    const { status, json } = await world.patch(list);
    assert.equal(status, expected, `${JSON.stringify(changes)}: ${json}`);
  }
  const wrongType = await world.patch([], { type: "application/json" });
  assert.deepEqual([wrongType.status, wrongType.headers["accept-patch"]], [415, `${OLDER}, ${NEWER}`]);
  assert.deepEqual(await client.image(id), before);
});

Deno.test("an image of the stock is not changed, one that is not there is not found", async () => {
  using world = await withImage();
  const stock = world.simulator.cloud().stock.images[0]!.id;
  const changes = [{ op: "add", path: "/x", value: "y" }];
  assert.equal((await world.patch(changes, { of: stock })).status, 403);
  assert.equal((await world.patch(changes, { of: "none" })).status, 404);
});

Deno.test("tags are added and taken away one by one", async () => {
  using world = await withImage();
  const { client, id } = world;
  const tag = async (method: "PUT" | "DELETE", name: string) =>
    (await client.call(method, `/image/v2/images/${id}/tags/${name}`)).status;
  assert.deepEqual([await tag("PUT", "two"), await tag("PUT", "two")], [204, 204]);
  assert.deepEqual((await client.image(id)).tags, ["one", "two"]);
  assert.deepEqual([await tag("DELETE", "one"), await tag("DELETE", "one")], [204, 404]);
  assert.deepEqual((await client.image(id)).tags, ["two"]);
});
