/** What each quirk does to the answers; `quirks_test.ts` tests how they are named and combined. */
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { SECOND } from "../../src/domain/time.ts";
import { type SimulatedClient, virtualSimulator } from "./simulated_client.ts";

const COMPUTE = "/compute/v2.1";
const NETWORK = "/network/v2.0";

// deno-lint-ignore no-explicit-any
async function running(world: Awaited<ReturnType<typeof virtualSimulator>>, fields = {}): Promise<any> {
  const id = await world.client.booted("node", fields);
  await world.clock.advance(3 * SECOND);
  return await world.client.server(id);
}

async function keysOf(client: SimulatedClient, path: string, key: string): Promise<string[]> {
  const { json } = await client.get(path);
  return Object.keys(json[key][0]);
}

Deno.test("rackspace: access addresses, no address types, networks that only their ids lead to", async () => {
  using world = await virtualSimulator({ personality: "rackspace" });
  const networks = ["0", "1"].map((digit) => ({
    uuid: [8, 4, 4, 4, 12].map((length) => digit.repeat(length)).join("-"),
  }));
  assert.deepEqual((await world.client.get(`${NETWORK}/networks`)).json.networks, []);
  const server = await running(world, { networks });
  assert.deepEqual(Object.keys(server.addresses), ["public", "private"]);
  assert.deepEqual(Object.keys(server.addresses.public[0]), ["addr", "version"]);
  assert.match(server.accessIPv4, /^127\./);
  assert.match(server.accessIPv6, /^2001:db8:/);
  assert.equal(server.addresses.public[1].addr, server.accessIPv4);
});

Deno.test("scs: flavors without a disk boot no server from an image", async () => {
  using world = await virtualSimulator({ personality: "scs" });
  const { json } = await world.client.get(`${COMPUTE}/flavors/detail`);
  const diskless = json.flavors.find(({ disk }: { disk: number }) => disk === 0);
  assert.equal(diskless.name, "m1.tiny-diskless");
  const refused = await world.client.boot("node", { flavorRef: diskless.id });
  assert.equal(refused.status, 403);
  assert.match(refused.json.forbidden.message, /Only volume-backed servers/);
  const volume = {
    block_device_mapping_v2: [{ source_type: "image" }],
    imageRef: "",
    flavorRef: diskless.id,
  };
  assert.equal((await world.client.boot("node", volume)).status, 202);
});

Deno.test("ovh: one external network with IPv6 and IPv4, and no floating IPs", async () => {
  using world = await virtualSimulator({ personality: "ovh" });
  const server = await running(world);
  assert.deepEqual(
    server.addresses["Ext-Net"].map(({ version }: { version: number }) => version),
    [6, 4],
  );
  const { json } = await world.client.get(`${NETWORK}/subnets`);
  assert.deepEqual(json.subnets.map(({ ip_version }: { ip_version: number }) => ip_version), [4, 6]);
  const { networks: [network] } = (await world.client.get(`${NETWORK}/networks`)).json;
  assert.equal(network["router:external"], true);
  const { ports: [port] } = (await world.client.get(`${NETWORK}/ports`)).json;
  const floatingip = { floating_network_id: network.id, port_id: port.id };
  assert.equal((await world.client.call("POST", `${NETWORK}/floatingips`, { floatingip })).status, 404);
});

Deno.test("tenant: a floating IP can be had for the second port alone", async () => {
  using world = await virtualSimulator({ personality: "tenant" });
  const { networks: [storage, tenant, external] } = (await world.client.get(`${NETWORK}/networks`)).json;
  await running(world, { networks: [{ uuid: storage.id }, { uuid: tenant.id }] });
  const { ports } = (await world.client.get(`${NETWORK}/ports`)).json;
  const floating = (network_id: string) => {
    const port = ports.find((one: { network_id: string }) => one.network_id === network_id);
    const floatingip = { floating_network_id: external.id, port_id: port.id };
    return world.client.call("POST", `${NETWORK}/floatingips`, { floatingip });
  };
  const refused = await floating(storage.id);
  assert.equal(refused.status, 404);
  assert.match(refused.json.NeutronError.message, /is not reachable from subnet/);
  assert.equal((await floating(tenant.id)).status, 201);
});

Deno.test("narrow: what a launch does not need is refused", async () => {
  using world = await virtualSimulator({
    personality: "narrow",
    quirks: ["security-groups-missing"],
  });
  const statuses = [];
  for (
    const path of [
      `${COMPUTE}/limits`,
      `${COMPUTE}/os-availability-zone`,
      `${COMPUTE}/os-keypairs`,
      `${NETWORK}/quotas/x`,
      `${NETWORK}/quotas/x/details`,
      `${NETWORK}/security-groups`,
    ]
  ) statuses.push((await world.client.get(path)).status);
  assert.deepEqual(statuses, [403, 403, 403, 501, 501, 404]);
  using missing = await virtualSimulator({ quirks: ["limits-missing"] });
  assert.equal((await missing.client.get(`${COMPUTE}/limits`)).status, 404);
});

Deno.test("plain-neutron: whole lists whatever is asked for, and no descriptions", async () => {
  using world = await virtualSimulator({ personality: "plain-neutron" });
  const { json } = await world.client.get(`${NETWORK}/networks?limit=1&marker=x`);
  assert.equal(json.networks.length, 2);
  assert.equal("description" in json.networks[0], false);
  const floating_network_id = json.networks[1].id;
  const refused = await world.client.call("POST", `${NETWORK}/floatingips`, {
    floatingip: { floating_network_id, description: "x" },
  });
  assert.deepEqual([refused.status, refused.json.NeutronError.message], [
    400,
    "Unrecognized attribute(s) 'description'",
  ]);
  const made = await world.client.call("POST", `${NETWORK}/floatingips`, {
    floatingip: { floating_network_id },
  });
  assert.equal(made.status, 201);
});

Deno.test("old: no microversion after 2.1", async () => {
  using world = await virtualSimulator({ personality: "old" });
  assert.equal((await world.client.get(`${COMPUTE}`)).json.version.version, "2.1");
  const asked = await world.client.get(`${COMPUTE}/servers`, { "openstack-api-version": "compute 2.69" });
  assert.equal(asked.status, 406);
});

Deno.test("odd: every list has an item that is not as the manual says", async () => {
  using world = await virtualSimulator({ personality: "odd" });
  const plain = await virtualSimulator();
  for (
    const path of [
      `${COMPUTE}/flavors/detail`,
      `${COMPUTE}/servers/detail`,
      `${COMPUTE}/os-availability-zone`,
      `${COMPUTE}/os-keypairs`,
      "/image/v2/images",
      `${NETWORK}/networks`,
      `${NETWORK}/ports`,
      `${NETWORK}/floatingips`,
      `${NETWORK}/security-groups`,
    ]
  ) {
    const count = async (client: SimulatedClient) => {
      const { json } = await client.get(path);
      return Object.values<unknown[]>(json).find(Array.isArray)!.length;
    };
    assert.equal(await count(world.client), await count(plain.client) + 1, path);
  }
  const { json } = await world.client.authenticate({});
  assert.equal(json.token.catalog[0].endpoints, null);
  using owned = await virtualSimulator({ quirks: ["odd-servers"] });
  assert.equal((await running(owned)).metadata["vendor:owner"], null);
  plain[Symbol.dispose]();
});

Deno.test("endless-pages: the last page says that another one follows", async () => {
  using world = await virtualSimulator({ quirks: ["endless-pages"] });
  assert.ok((await keysOf(world.client, `${NETWORK}/networks`, "networks_links")).includes("href"));
  assert.ok((await keysOf(world.client, `${COMPUTE}/servers`, "servers_links")).includes("href"));
  assert.equal(typeof (await world.client.get("/image/v2/images")).json.next, "string");
});

Deno.test("gzip: answers are compressed though nobody asked for it", async () => {
  using world = await virtualSimulator();
  world.simulator.cloud().adopt({ quirks: ["gzip"] });
  const answer = await world.simulator.answer({
    method: "GET",
    url: "http://simulator.test/simulator/compute/v2.1/flavors",
    headers: { "x-auth-token": world.client.token },
    body: null,
  });
  assert.ok(typeof answer === "object");
  assert.equal(answer.headers["content-encoding"], "gzip");
  assert.equal(JSON.parse(String(gunzipSync(answer.body!))).flavors.length, 5);
});

Deno.test("other flavors and networks come only while nothing uses those there are", async () => {
  using world = await virtualSimulator();
  const change = (body: unknown) =>
    world.client.call("PATCH", "http://simulator.test/_simulator/clouds/simulator", body);
  assert.equal((await change({ personality: "ovh" })).status, 200);
  const id = await world.client.booted("node");
  const refused = await change({ personality: null });
  assert.equal(refused.status, 409);
  assert.match(refused.json.error, /delete them first/);
  assert.equal((await change({ quirks: ["limits-forbidden"] })).status, 200);
  await world.client.call("DELETE", `${COMPUTE}/servers/${id}`);
  await world.clock.advance(3 * SECOND);
  assert.equal((await change({ personality: null })).status, 200);
  await running(world);
});
