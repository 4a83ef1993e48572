import assert from "node:assert/strict";
import { SECOND } from "../../src/domain/time.ts";
import { type SimulatedClient, virtualSimulator } from "./simulated_client.ts";

/** A cloud with one stock image and five made ones, a second apart, the first of them active. */
async function withImages() {
  const world = await virtualSimulator({ images: [{ name: "stock" }], saveTime: 0 });
  const { client, clock } = world;
  for (const [index, name] of ["red", "green", "blue", "red", "black"].entries()) {
    await clock.advance(SECOND);
    const tags = index % 2 === 0 ? ["even", "all"] : ["all"];
    const id = await client.createdImage(name, { tags, shade: `shade ${index}`, kind: "made" });
    if (index === 0) await client.upload(id, new Uint8Array(10));
  }
  return {
    ...world,
    names: (query: string) => names(client, query),
    [Symbol.dispose]: () => world[Symbol.dispose](),
  };
}

async function names(client: SimulatedClient, query: string): Promise<string[]> {
  const { status, json } = await client.get(`/image/v2/images?${query}`);
  assert.equal(status, 200, JSON.stringify(json));
  return json.images.map((image: { name: string }) => image.name);
}

const NEWEST_FIRST = ["black", "red", "blue", "green", "red", "stock"];

Deno.test("images are listed newest first, or as the request says", async () => {
  using world = await withImages();
  assert.deepEqual(await world.names(""), NEWEST_FIRST);
  assert.deepEqual(await world.names("member_status=all"), NEWEST_FIRST);
  assert.deepEqual(await world.names("sort=created_at:asc"), NEWEST_FIRST.toReversed());
  const byName = ["black", "blue", "green", "red", "red", "stock"];
  assert.deepEqual(await world.names("sort=name:asc,created_at:desc"), byName);
  assert.deepEqual(await world.names("sort_key=name&sort_dir=asc"), byName);
  assert.deepEqual(await world.names("sort_key=size&sort_dir=desc&limit=2"), ["stock", "red"]);
  for (
    const query of ["sort=colour", "sort=name:up", "sort=name&sort_key=id", "sort_dir=asc&sort_dir=desc"]
  ) {
    assert.equal((await world.client.get(`/image/v2/images?${query}`)).status, 400, query);
  }
});

Deno.test("images are filtered by their fields, tags and properties", async () => {
  using world = await withImages();
  const { projectId, adminProjectId } = world.simulator.cloud().stock;
  const expected: [string, string[]][] = [
    ["name=red", ["red", "red"]],
    ['name=in:"red",blue', ["red", "blue", "red"]],
    [`owner=${projectId}`, NEWEST_FIRST.slice(0, 5)],
    [`owner=${adminProjectId}`, ["stock"]],
    ["visibility=public", ["stock"]],
    ["visibility=all", NEWEST_FIRST],
    ["status=active", ["red", "stock"]],
    ["status=in:queued,saving&name=red", ["red"]],
    ["tag=even&tag=all", ["black", "blue", "red"]],
    ["shade=shade 1", ["green"]],
    ["kind=made&tag=even&status=queued", ["black", "blue"]],
    ["kind=other", []],
    ["min_ram=0&name=stock", ["stock"]],
    ["os_hidden=true", []],
  ];
  for (const [query, names] of expected) assert.deepEqual(await world.names(query), names, query);
});

Deno.test("a hidden image is only listed where hidden ones are asked for", async () => {
  using world = await withImages();
  await world.client.createdImage("hidden", { os_hidden: true });
  assert.deepEqual(await world.names(""), NEWEST_FIRST);
  assert.deepEqual(await world.names("os_hidden=true"), ["hidden"]);
});

Deno.test("pages by limit and marker show every image once, with those deleted meanwhile left out", async () => {
  using world = await withImages();
  const { client } = world;
  const seen: string[] = [];
  let pages = 0;
  let next: string | undefined = "/v2/images?limit=2&sort=created_at:desc";
  while (next !== undefined) {
    const { json }: { json: { images: { name: string; id: string }[]; next?: string } } = await client.get(
      `/image${next}`,
    );
    seen.push(...json.images.map(({ name }) => name));
    next = json.next;
    pages++;
  }
  assert.deepEqual(seen, NEWEST_FIRST);
  assert.equal(pages, 4, "a last page that is full leads to one without images");
});

Deno.test("a marker that no longer fits the filter still leads to the next page, an unknown one is refused", async () => {
  using world = await withImages();
  const { client } = world;
  const { json } = await client.get("/image/v2/images?status=queued&limit=1");
  const [{ id }] = json.images;
  await client.upload(id, new Uint8Array(1));
  assert.deepEqual(await world.names(`status=queued&limit=2&marker=${id}`), ["red", "blue"]);
  assert.equal((await client.get("/image/v2/images?marker=none")).status, 400);
  assert.equal((await client.get("/image/v2/images?limit=x")).status, 400);
  assert.equal((await client.get("/image/v2/images?limit=-1")).status, 400);
});

Deno.test("a page holds no more images than the cloud's own limit", async () => {
  using world = await virtualSimulator({ pageSize: 3 });
  const { json } = await world.client.get("/image/v2/images?limit=1000");
  assert.equal(json.images.length, 3);
  assert.match(json.next, /^\/v2\/images\?limit=1000&marker=/);
});
