import assert from "node:assert/strict";
import { SECOND } from "../../src/domain/time.ts";
import { virtualSimulator } from "./simulated_client.ts";

const PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGfjwWHXdxVTV2dzRsgRiXvdVlaJ7ZhKQyILMJ1chMWF test";

Deno.test("a server is in BUILD for its boot time, then ACTIVE with an address", async () => {
  using world = await virtualSimulator({ bootTime: 20 * SECOND });
  const id = await world.client.booted("node-1", { metadata: { a: "b" }, availability_zone: "az2" });
  const young = await world.client.server(id);
  assert.equal(young.status, "BUILD");
  assert.deepEqual(young.addresses, {});
  await world.clock.advance(20 * SECOND - 1);
  assert.equal((await world.client.server(id)).status, "BUILD");
  await world.clock.advance(1);
  const grown = await world.client.server(id);
  assert.equal(grown.status, "ACTIVE");
  assert.equal(grown.addresses.private[0].addr, "127.16.0.2");
  assert.equal(grown["OS-EXT-AZ:availability_zone"], "az2");
  assert.deepEqual(grown.metadata, { a: "b" });
  assert.equal(Date.parse(grown.updated), world.clock.now());
});

Deno.test("a deleted server is deleting for the delete time, then gone, and its address is free", async () => {
  using world = await virtualSimulator({ bootTime: 0, deleteTime: 3 * SECOND });
  const id = await world.client.booted("node-1");
  const path = `/compute/v2.1/servers/${id}`;
  assert.equal((await world.client.call("DELETE", path)).status, 204);
  assert.equal((await world.client.server(id))["OS-EXT-STS:task_state"], "deleting");
  await world.clock.advance(3 * SECOND);
  assert.equal((await world.client.get(path)).status, 404);
  assert.equal((await world.client.call("DELETE", path)).status, 404);
  assert.deepEqual(world.simulator.cloud().servers.counts(), { created: 1, deleted: 1, standing: 0 });
  assert.equal(world.simulator.cloud().network.ports.size, 0);
});

Deno.test("metadata is changed, added to, replaced and taken away", async () => {
  using world = await virtualSimulator();
  const id = await world.client.booted("node-1", { metadata: { a: "1" } });
  const path = `/compute/v2.1/servers/${id}/metadata`;
  await world.client.call("POST", path, { metadata: { b: "2" } });
  await world.client.call("PUT", `${path}/c`, { meta: { c: "3" } });
  assert.equal((await world.client.call("DELETE", `${path}/a`)).status, 204);
  assert.deepEqual((await world.client.get(path)).json, { metadata: { b: "2", c: "3" } });
  assert.equal((await world.client.call("DELETE", `${path}/a`)).status, 404);
  await world.client.call("PUT", path, { metadata: { z: "9" } });
  assert.deepEqual((await world.client.server(id)).metadata, { z: "9" });
});

Deno.test("what Nova would not take is refused without effect, in its words", async () => {
  using world = await virtualSimulator();
  const refusals: [Record<string, unknown>, RegExp][] = [
    [{ flavorRef: "none" }, /^Flavor none could not be found\.$/],
    [{ imageRef: "none" }, /^Can not find requested image$/],
    [{ key_name: "none" }, /^Invalid key_name provided\.$/],
    [{ availability_zone: "none" }, /^The requested availability zone is not available$/],
    [{ networks: [{ uuid: "none" }] }, /^Network none could not be found\.$/],
    [{ metadata: { long: "x".repeat(256) } }, /is too long$/],
    [{ networks: "auto" }, /'auto' is not of type 'array'$/],
  ];
  for (const [fields, message] of refusals) {
    const { status, json } = await world.client.boot("node-1", fields);
    assert.equal(status, 400);
    assert.match(json.badRequest.message, message);
  }
  const { json } = await world.client.call("POST", "/compute/v2.1/servers", { server: {} });
  assert.match(json.badRequest.message, /'name' is a required property$/);
  assert.equal(world.simulator.cloud().servers.counts().created, 0);
});

Deno.test("over quota is 403 in Nova's words, and there is room again once servers are gone", async () => {
  using world = await virtualSimulator({ quotas: { cores: 2, instances: 5 }, deleteTime: SECOND });
  const id = await world.client.booted("node-1");
  await world.client.booted("node-2");
  const { status, json } = await world.client.boot("node-3");
  assert.equal(status, 403);
  assert.equal(
    json.forbidden.message,
    "Quota exceeded for cores: Requested 1, but already used 2 of 2 cores",
  );
  const { json: { limits } } = await world.client.get("/compute/v2.1/limits");
  assert.equal(limits.absolute.maxTotalCores, 2);
  assert.equal(limits.absolute.totalCoresUsed, 2);
  await world.client.call("DELETE", `/compute/v2.1/servers/${id}`);
  assert.equal((await world.client.boot("node-3")).status, 403, "a server being deleted counts");
  await world.clock.advance(SECOND);
  assert.equal((await world.client.boot("node-3")).status, 202);
});

Deno.test("microversions are negotiated, and change what is shown", async () => {
  using world = await virtualSimulator();
  const id = await world.client.booted("node-1");
  const path = `/compute/v2.1/servers/${id}`;
  const old = await world.client.get(path);
  assert.equal(old.headers["openstack-api-version"], "compute 2.1");
  assert.ok(old.json.server.flavor.id !== undefined);
  const newer = await world.client.get(path, { "openstack-api-version": "compute 2.90" });
  assert.equal(newer.headers["openstack-api-version"], "compute 2.90");
  assert.equal(newer.json.server.flavor.original_name, "m1.tiny");
  assert.equal((await world.client.get(path, { "openstack-api-version": "compute 2.999" })).status, 406);
  const { json } = await world.client.get("/compute/v2.1");
  assert.deepEqual([json.version.min_version, json.version.version], ["2.1", "2.95"]);
});

Deno.test("a keypair is made once, shown, and taken away", async () => {
  using world = await virtualSimulator();
  const make = (name: string, public_key: string) =>
    world.client.call("POST", "/compute/v2.1/os-keypairs", { keypair: { name, public_key } });
  assert.equal((await make("key", PUBLIC_KEY)).status, 200);
  assert.equal((await make("key", PUBLIC_KEY)).status, 409);
  assert.equal((await make("bad", "nonsense")).status, 400);
  const { json } = await world.client.get("/compute/v2.1/os-keypairs/key");
  assert.match(json.keypair.fingerprint, /^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);
  assert.equal((await world.client.call("DELETE", "/compute/v2.1/os-keypairs/key")).status, 202);
  assert.equal((await world.client.get("/compute/v2.1/os-keypairs/key")).status, 404);
});

Deno.test("the console tells more once the server has booted", async () => {
  using world = await virtualSimulator({ bootTime: SECOND });
  const id = await world.client.booted("node-1");
  const console = async (length: number) =>
    (await world.client.call("POST", `/compute/v2.1/servers/${id}/action`, {
      "os-getConsoleOutput": { length },
    })).json.output;
  assert.match(await console(10), /^\[ +0\.000000\] Linux/);
  await world.clock.advance(SECOND);
  assert.equal(await console(1), "node-1 login:");
});

Deno.test("a floating IP leads to its port until it is deleted", async () => {
  using world = await virtualSimulator({ bootTime: 0, quotas: { floatingIps: 1 } });
  const { client } = world;
  const id = await client.booted("node-1");
  const { json: { ports: [port] } } = await client.get(`/network/v2.0/ports?device_id=${id}`);
  const { json: { networks: [external] } } = await client.get(
    "/network/v2.0/networks?router:external=True",
  );
  const make = () =>
    client.call("POST", "/network/v2.0/floatingips", {
      floatingip: { floating_network_id: external.id, port_id: port.id, description: "ours" },
    });
  const { status, json: { floatingip } } = await make();
  assert.equal(status, 201);
  assert.equal(floatingip.fixed_ip_address, port.fixed_ips[0].ip_address);
  const types = (await client.server(id)).addresses.private.map(
    (address: Record<string, string>) => address["OS-EXT-IPS:type"],
  );
  assert.deepEqual(types, ["fixed", "floating"]);
  assert.equal((await make()).status, 409);
  const path = `/network/v2.0/floatingips/${floatingip.id}`;
  assert.equal((await client.call("DELETE", path)).status, 204);
  assert.equal((await client.call("DELETE", path)).status, 404);
  assert.equal((await client.server(id)).addresses.private.length, 1);
});

Deno.test("over the quota of floating IPs is 409 OverQuota, and the details tell limit and use", async () => {
  using world = await virtualSimulator({ quotas: { floatingIps: 1 } });
  const { client } = world;
  const { json: { networks } } = await client.get("/network/v2.0/networks?name=public");
  const make = () =>
    client.call("POST", "/network/v2.0/floatingips", {
      floatingip: { floating_network_id: networks[0].id },
    });
  assert.equal((await make()).status, 201);
  const { status, json } = await make();
  assert.equal(status, 409);
  assert.equal(json.NeutronError.type, "OverQuota");
  const details = await client.get("/network/v2.0/quotas/x/details");
  assert.deepEqual(details.json.quota.floatingip, { limit: 1, used: 1, reserved: 0 });
});

Deno.test("images are found by name, by several names, and page by page", async () => {
  using world = await virtualSimulator();
  const names = async (query: string) =>
    (await world.client.get(`/image/v2/images?${query}`)).json.images.map((image: { name: string }) =>
      image.name
    );
  assert.deepEqual(await names("name=debian-12"), ["debian-12"]);
  assert.deepEqual(await names('name=in:"debian-12",ubuntu-24.04'), ["debian-12", "ubuntu-24.04"]);
  const { json } = await world.client.get("/image/v2/images?limit=3");
  assert.equal(json.images.length, 3);
  const { json: rest } = await world.client.get(`/image${json.next}`);
  assert.deepEqual(rest.images.map((image: { name: string }) => image.name), ["ubuntu-24.04"]);
  assert.equal(rest.next, undefined);
});
