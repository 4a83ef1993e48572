/** Every fault on every operation, and what is left of it once it is disarmed. */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { faultCatalogue } from "../../src/simulator/fault_catalogue.ts";
import { simulatedOperations } from "../../src/simulator/settings_check.ts";
import { type Answer, SimulatedClient, virtualSimulator } from "./simulated_client.ts";

type World = Awaited<ReturnType<typeof sweepWorld>>;

const NOVA = "/compute/v2.1";
const NEUTRON = "/network/v2.0";
const GLANCE = "/image/v2";

async function sweepWorld() {
  const ssh = { acceptAnyKey: true };
  const times = { bootTime: SECOND, deleteTime: SECOND, saveTime: SECOND, snapshotTime: SECOND };
  const world = await virtualSimulator({ ...times, ssh });
  const server = await world.client.booted("standing");
  await world.clock.advance(2 * SECOND);
  const list = async (path: string, key: string) => (await world.client.get(path)).json[key];
  const networks = await list(`${NEUTRON}/networks`, "networks");
  const external = networks.find((one: { name: string }) => one.name === "public").id;
  const floatingip = { floating_network_id: external };
  const made = await world.client.call("POST", `${NEUTRON}/floatingips`, { floatingip });
  const ids = {
    server,
    image: await world.client.createdImage("standing"),
    port: (await list(`${NEUTRON}/ports`, "ports"))[0].id,
    network: networks.find((one: { name: string }) => one.name === "private").id,
    external,
    subnet: (await list(`${NEUTRON}/subnets`, "subnets"))[0].id,
    flavor: (await list(`${NOVA}/flavors`, "flavors"))[0].id,
    project: (await list("/identity/v3/auth/projects", "projects"))[0].id,
    securityGroup: (await list(`${NEUTRON}/security-groups`, "security_groups"))[0].id,
    floatingIp: made.json.floatingip.id,
  };
  const bases = (await world.client.get(`${GLANCE}/images`)).json.images;
  return { ...world, ids, base: bases[bases.length - 1].id, [Symbol.dispose]: () => world[Symbol.dispose]() };
}

/** Requests that reach each operation, the harmful ones last. */
function requests({ ids, base }: World): (readonly [string, string, unknown?])[] {
  const { server, image, port } = ids;
  return [
    ...["/identity", "/identity/v3", "/compute/", `${NOVA}`, "/network/", NEUTRON, "/image/"],
    "/identity/v3/auth/tokens",
    "/identity/v3/auth/projects",
    `/identity/v3/projects/${ids.project}`,
    "/identity/v3/auth/catalog",
    "/identity/v3/auth/domains",
    `${NOVA}/servers`,
    `${NOVA}/servers/detail?changes-since=2020-01-01T00:00:00Z`,
    `${NOVA}/servers/${server}`,
    `${NOVA}/servers/${server}/ips`,
    `${NOVA}/servers/${server}/os-interface`,
    `${NOVA}/servers/${server}/metadata`,
    `${NOVA}/os-keypairs`,
    `${NOVA}/os-keypairs/none`,
    `${NOVA}/limits`,
    `${NOVA}/os-quota-sets/${ids.project}`,
    `${NOVA}/os-availability-zone`,
    `${NOVA}/flavors`,
    `${NOVA}/flavors/${ids.flavor}`,
    `${NOVA}/flavors/${ids.flavor}/os-extra_specs`,
    `${GLANCE}/images`,
    `${GLANCE}/images/${image}`,
    `${GLANCE}/images/${image}/members`,
    `${GLANCE}/images/${image}/file`,
    `${GLANCE}/schemas/image`,
    `${NEUTRON}/networks`,
    `${NEUTRON}/networks/${ids.network}`,
    `${NEUTRON}/subnets`,
    `${NEUTRON}/subnets/${ids.subnet}`,
    `${NEUTRON}/security-groups`,
    `${NEUTRON}/security-groups/${ids.securityGroup}`,
    `${NEUTRON}/ports`,
    `${NEUTRON}/ports/${port}`,
    `${NEUTRON}/floatingips`,
    `${NEUTRON}/floatingips/${ids.floatingIp}`,
    `${NEUTRON}/quotas/${ids.project}`,
    `${NEUTRON}/extensions`,
    `${NEUTRON}/extensions/none`,
    `${NEUTRON}/availability_zones`,
  ].map((path) => ["GET", path] as readonly [string, string, unknown?]).concat([
    ["POST", `${NOVA}/servers/${server}/metadata`, { metadata: { a: "b" } }],
    ["PUT", `${NOVA}/servers/${server}/metadata`, { metadata: { a: "b" } }],
    ["GET", `${NOVA}/servers/${server}/metadata/a`],
    ["PUT", `${NOVA}/servers/${server}/metadata/a`, { meta: { a: "c" } }],
    ["DELETE", `${NOVA}/servers/${server}/metadata/a`],
    ["POST", `${NOVA}/servers/${server}/action`, { "os-getConsoleOutput": {} }],
    ["POST", `${NOVA}/servers/${server}/action`, { createImage: { name: "snap" } }],
    ["POST", `${NOVA}/servers`, { server: { name: "new", flavorRef: ids.flavor, imageRef: base } }],
    ["POST", `${NOVA}/os-keypairs`, { keypair: { name: "key", public_key: "ssh-ed25519 AAAA" } }],
    ["DELETE", `${NOVA}/os-keypairs/key`],
    ["POST", `${GLANCE}/images`, { name: "new", disk_format: "raw", container_format: "bare" }],
    ["PUT", `${GLANCE}/images/${image}/tags/blue`],
    ["PATCH", `${GLANCE}/images/${image}`, [{ op: "add", path: "/a", value: "b" }]],
    ["PUT", `${GLANCE}/images/${image}/file`, "data"],
    ["GET", `${GLANCE}/images/${image}/file`],
    ["POST", `${NEUTRON}/ports`, { port: { network_id: ids.network } }],
    ["POST", `${NEUTRON}/floatingips`, { floatingip: { floating_network_id: ids.external } }],
    ["PUT", `${NEUTRON}/floatingips/${ids.floatingIp}`, { floatingip: { port_id: port } }],
    ["DELETE", `${NEUTRON}/floatingips/${ids.floatingIp}`],
    ["DELETE", `${NOVA}/servers/${server}`],
    ["DELETE", `${GLANCE}/images/${image}`],
    ["DELETE", `${NEUTRON}/ports/${port}`],
    ["POST", "/identity/v3/auth/tokens", {}],
    ["DELETE", "/identity/v3/auth/tokens"],
  ]);
}

/** What one request comes to: its status, or the kind of its failure. It is given up after a minute. */
async function outcome(world: World, [method, path, body]: readonly [string, string, unknown?]) {
  const deadline = new AbortController();
  const { signal } = deadline;
  const isUpload = method === "PUT" && path.endsWith("/file");
  const headers: Record<string, string> = { "x-subject-token": world.client.token };
  if (method === "PATCH") headers["content-type"] = "application/openstack-images-v2.1-json-patch";
  const call: Promise<Answer> = isUpload
    ? world.client.upload(world.ids.image, new Blob(["data"]).stream(), { signal })
    : world.client.call(method as "GET", path, body, { signal, headers });
  let over: string | null = null;
  const ended = call.then(
    ({ status, json }) => void (over = json === "Internal Server Error" ? "a defect" : String(status)),
    (error) => void (over = error.kind ?? String(error)),
  );
  await world.clock.advanceUntil(() => over !== null, { within: MINUTE, step: SECOND }).catch(() => {
    deadline.abort(new DOMException("too long", "TimeoutError"));
  });
  await ended;
  return over!;
}

Deno.test("the requests of the sweep reach every operation, and there is no other", async () => {
  using world = await sweepWorld();
  for (const request of requests(world)) {
    assert.notEqual(await outcome(world, request), "a defect", request.join(" "));
  }
  const reached = new Set(world.simulator.journal.rows().map(({ operation }) => operation));
  assert.deepEqual([...reached].sort(), [...simulatedOperations].sort());
});

for (const { number, title } of faultCatalogue.values()) {
  for (const effect of [undefined, false, true]) {
    const how = effect === undefined ? "" : ` with effect: ${effect}`;
    Deno.test(`fault ${number} on every operation${how}: ${title}`, async () => {
      using world = await sweepWorld();
      world.simulator.arm({ fault: number, operation: "*", ...(effect === undefined ? {} : { effect }) });
      for (const request of requests(world)) {
        const came = await outcome(world, request);
        assert.match(came, /^([2-5]\d\d|unavailable|timeout)$/, request.join(" "));
      }
      assert.equal(world.simulator.disarm(), true);
      const client = await SimulatedClient.login(world.simulator);
      await worksAsEver({ ...world, client });
    });
  }
}

async function worksAsEver({ client, clock }: Pick<World, "client" | "clock">): Promise<void> {
  const [server, image] = [await client.booted("after"), await client.createdImage("after")];
  assert.equal((await client.upload(image, new Uint8Array(10))).status, 204);
  await clock.advance(2 * SECOND);
  assert.deepEqual([(await client.server(server)).status, (await client.image(image)).status], [
    "ACTIVE",
    "active",
  ]);
  assert.equal((await client.call("DELETE", `${GLANCE}/images/${image}`)).status, 204);
  assert.equal((await client.call("DELETE", `${NOVA}/servers/${server}`)).status, 204);
  await clock.advance(2 * SECOND);
  assert.equal((await client.get(`${NOVA}/servers/${server}`)).status, 404);
}
