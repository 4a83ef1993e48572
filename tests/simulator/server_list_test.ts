import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { type SimulatedClient, virtualSimulator } from "./simulated_client.ts";

async function bootMany(client: SimulatedClient, count: number): Promise<string[]> {
  const ids = [];
  for (let number = 1; number <= count; number++) ids.push(await client.booted(`node-${number}`));
  return ids;
}

/** Follows `next` links from page to page. */
async function allPages(client: SimulatedClient, path: string): Promise<{ names: string[]; pages: number }> {
  const names: string[] = [];
  let pages = 0;
  for (let next: string | undefined = path; next !== undefined; pages++) {
    const { json } = await client.get(next);
    names.push(...json.servers.map((server: { name: string }) => server.name));
    next = json.servers_links?.[0].href;
  }
  return { names, pages };
}

Deno.test("pages by limit and marker show every server once, newest first", async () => {
  using world = await virtualSimulator();
  await bootMany(world.client, 7);
  const { names, pages } = await allPages(world.client, "/compute/v2.1/servers/detail?limit=3");
  assert.deepEqual(names, [7, 6, 5, 4, 3, 2, 1].map((number) => `node-${number}`));
  assert.equal(pages, 3);
});

Deno.test("a page holds no more than the cloud's own limit", async () => {
  using world = await virtualSimulator({ pageSize: 2 });
  await bootMany(world.client, 5);
  const { names, pages } = await allPages(world.client, "/compute/v2.1/servers?limit=1000");
  assert.equal(names.length, 5);
  assert.equal(pages, 3);
});

Deno.test("nor does one of Neutron's, whatever limit is asked for", async () => {
  using world = await virtualSimulator({ pageSize: 1 });
  assert.equal(
    (await world.client.get("/network/v2.0/networks")).json.networks.length,
    2,
    "none is asked for",
  );
  for (const query of ["?limit=0", "?limit=5"]) {
    const { json } = await world.client.get(`/network/v2.0/networks${query}`);
    assert.deepEqual([json.networks.length, json.networks_links[0].rel], [1, "next"], query);
  }
  assert.equal((await world.client.get("/network/v2.0/networks?limit=-1")).status, 400);
});

Deno.test("a marker whose server is gone since still leads to the next page", async () => {
  using world = await virtualSimulator({ deleteTime: 0 });
  const ids = await bootMany(world.client, 4);
  await world.client.call("DELETE", `/compute/v2.1/servers/${ids[2]}`);
  assert.deepEqual(await world.client.names(`?marker=${ids[2]}`), ["node-2", "node-1"]);
});

Deno.test("an unknown marker and a limit that is no number are refused", async () => {
  using world = await virtualSimulator();
  assert.equal((await world.client.get("/compute/v2.1/servers?marker=none")).status, 400);
  assert.equal((await world.client.get("/compute/v2.1/servers?limit=x")).status, 400);
  assert.equal((await world.client.get("/compute/v2.1/servers?changes-since=x")).status, 400);
});

Deno.test("names and states filter the listing", async () => {
  using world = await virtualSimulator({ bootTime: SECOND });
  await world.client.booted("red-1");
  await world.clock.advance(SECOND);
  await world.client.booted("blue-1");
  assert.deepEqual(await world.client.names("?name=^red"), ["red-1"]);
  assert.deepEqual(await world.client.names("?status=BUILD"), ["blue-1"]);
  assert.deepEqual(await world.client.names("?status=ACTIVE&name=blue"), []);
});

Deno.test("changes-since shows what was made, became ACTIVE, was touched or deleted since, and nothing else", async () => {
  using world = await virtualSimulator({ bootTime: 10 * SECOND, deleteTime: SECOND });
  const { client, clock } = world;
  const [first, second] = await bootMany(client, 3);
  await clock.advance(MINUTE);
  const since = async (at: number) => {
    const { json } = await client.get(
      `/compute/v2.1/servers/detail?changes-since=${new Date(at).toISOString()}`,
    );
    return json.servers.map((server: { name: string; status: string }) => `${server.name} ${server.status}`);
  };
  const start = clock.now();
  assert.deepEqual(await since(start), []);
  await client.booted("node-4");
  await client.call("POST", `/compute/v2.1/servers/${first}/metadata`, { metadata: { a: "b" } });
  await client.call("DELETE", `/compute/v2.1/servers/${second}`);
  assert.deepEqual(await since(start), ["node-4 BUILD", "node-2 ACTIVE", "node-1 ACTIVE"]);
  await clock.advance(SECOND);
  assert.deepEqual(await since(start), ["node-4 BUILD", "node-2 DELETED", "node-1 ACTIVE"]);
  await clock.advance(9 * SECOND);
  assert.deepEqual(await since(clock.now() - SECOND), ["node-4 ACTIVE"]);
});

Deno.test("a deleted server is told of for as long as the settings say", async () => {
  using world = await virtualSimulator({ bootTime: 0, deleteTime: 0 }, { deletedLife: MINUTE });
  const [id] = await bootMany(world.client, 1);
  await world.client.call("DELETE", `/compute/v2.1/servers/${id}`);
  const changed = () => world.client.names("?changes-since=2020-01-01T00:00:00Z");
  assert.deepEqual(await changed(), ["node-1"]);
  await world.clock.advance(2 * MINUTE);
  const other = await world.client.booted("node-2");
  await world.client.call("DELETE", `/compute/v2.1/servers/${other}`);
  assert.deepEqual(await changed(), ["node-2"]);
});
