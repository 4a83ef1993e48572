/**
 * What lives is not deleted, whatever somebody writes on it: servers, floating IPs and images of pools whose marks are
 * edited while they are in use. Virtual time, seeded.
 */
import assert from "node:assert/strict";
import { floatingIpDescription, serverMetadata } from "../../../src/domain/server_marks.ts";
import { imageProperties } from "../../../src/domain/image_marks.ts";
import { type NodeRecord, serverIdOf, stateName } from "../../../src/domain/node.ts";
import { HOUR, MINUTE, SECOND } from "../../../src/domain/time.ts";
import { cloudImages, imageConfig, order, readyImages } from "../../scenarios/image_pool.ts";
import { poolConfig, VirtualPool } from "../../scenarios/virtual_pool.ts";

type Metadata = Readonly<Record<string, string>>;

/** A pool in which node 1 has ended, node 2 is in use, node 3 is held and the others are ready. */
async function poolInUse(): Promise<VirtualPool> {
  const virtual = await VirtualPool.start({ config: poolConfig({ minReady: 2 }) });
  await virtual.until(() => virtual.count("ready") === 2);
  await virtual.during(virtual.ask("delete", { ids: [1], comment: "ended" }));
  await virtual.until(() => virtual.count("ready") === 2 && !nodeIds(virtual).includes(1));
  await virtual.acquire("small");
  const [ready] = virtual.pool.report().nodes.filter((node) => stateName(node) === "ready");
  const hold = { reason: "to be looked at", owner: "ada", duration: null };
  await virtual.during(virtual.ask("hold", { ids: [ready!.id], ...hold }));
  await virtual.until(() => virtual.count("ready") === 2);
  return virtual;
}

function nodeIds(virtual: VirtualPool): readonly number[] {
  return virtual.pool.report().nodes.map(({ id }) => id);
}

/** Writes on a server as somebody with the project's password may. */
function edit(virtual: VirtualPool, node: NodeRecord, change: (metadata: Metadata) => Metadata): void {
  const server = virtual.serverOf(node);
  server.metadata = { ...change(server.metadata) };
  server.touchedAt = virtual.clock.now();
}

function marksOf(virtual: VirtualPool, nodeId: number, provider = "main"): Metadata {
  const installation = virtual.store.installation.id;
  return serverMetadata({ installation, nodeId, image: "debian", provider });
}

const edits: Readonly<Record<string, (virtual: VirtualPool, others: readonly number[]) => Metadata>> = {
  "an ended node's id": (virtual) => marksOf(virtual, 1),
  "another living node's id": (virtual, [other]) => marksOf(virtual, other!),
  "the id of a node that is to come": (virtual) => marksOf(virtual, Math.max(...nodeIds(virtual)) + 1),
  "an id that no node ever had": (virtual) => marksOf(virtual, 900),
  "another provider's name": (virtual) => marksOf(virtual, 1, "elsewhere"),
  "another installation": (virtual) => ({ ...marksOf(virtual, 1), nodepool_installation: "another" }),
  "a subnode's id that has ended": (virtual) => ({ ...marksOf(virtual, 2), nodepool_node: "1" }),
  "an image's id": (virtual) => ({ ...marksOf(virtual, 2), nodepool: '{"snapshot_image_id": 1}' }),
  "no marks": () => ({}),
  "no JSON": (virtual) => ({ ...marksOf(virtual, 1), nodepool: "{" }),
};

for (const [what, marks] of Object.entries(edits)) {
  Deno.test(`servers in the pool stay its own when their metadata is made to say: ${what}`, async () => {
    await using virtual = await poolInUse();
    const before = virtual.pool.report().nodes;
    const deletions = virtual.simulator.journal.countOf("server.delete");
    for (const node of before) {
      const others = before.filter((other) => other !== node).map(({ id }) => id);
      edit(virtual, node, () => marks(virtual, others));
    }
    await virtual.clock.advance(HOUR);
    assert.equal(virtual.simulator.journal.countOf("server.delete"), deletions);
    const after = new Map(virtual.pool.report().nodes.map((node) => [node.id, node]));
    for (const node of before) {
      assert.equal(stateName(after.get(node.id)!), stateName(node));
      assert.equal(serverIdOf(after.get(node.id)!), serverIdOf(node));
      assert.ok(virtual.exists(serverIdOf(node)!));
    }
    assert.equal(after.size, before.length, "others were launched instead");
    const { aliens } = await virtual.during(virtual.ask("alien-list", { provider: null }));
    assert.deepEqual(aliens, []);
  });
}

Deno.test("where two providers share a project, a server of one stays its own when it is made to say the other's name", async () => {
  const config = poolConfig({ minReady: 2 }).replace("- name: main\n    cloud", "- name: other\n    cloud");
  const both = poolConfig({ minReady: 2 }) +
    config.slice(config.indexOf("providers:\n") + "providers:\n".length)
      .replace("max-servers: 10", "max-servers: 0");
  await using virtual = await VirtualPool.start({ config: both });
  await virtual.until(() => virtual.count("ready") === 2);
  const [first, second] = virtual.pool.report().nodes;
  const run = { nodepool_run: "00000000-0000-4000-8000-000000000000" };
  edit(virtual, first!, () => ({ ...marksOf(virtual, 1, "other"), ...run }));
  edit(virtual, second!, () => ({ ...marksOf(virtual, 5, "other"), ...run }));
  await virtual.clock.advance(HOUR);
  assert.equal(virtual.simulator.journal.countOf("server.delete"), 0);
  assert.deepEqual(virtual.pool.report().nodes.map(stateName), ["ready", "ready"]);
  for (const { foreign, frozen } of virtual.pool.report().providers) {
    assert.deepEqual([foreign, frozen], [[], null]);
  }
});

Deno.test("a node whose metadata was edited is deleted when its own time has come, and no other with it", async () => {
  await using virtual = await poolInUse();
  const [used] = virtual.pool.report().nodes.filter((node) => stateName(node) === "used");
  const others = virtual.pool.report().nodes.filter((node) => node !== used);
  edit(virtual, used!, () => marksOf(virtual, others[0]!.id));
  await virtual.clock.advance(10 * MINUTE);
  await virtual.during(virtual.ask("release", { ids: [used!.id], result: "SUCCESS", job: null }));
  await virtual.until(() => !nodeIds(virtual).includes(used!.id));
  assert.ok(!virtual.exists(serverIdOf(used!)!));
  for (const node of others) assert.ok(virtual.exists(serverIdOf(node)!));
});

Deno.test("a node whose request got no answer does not take over a server that another node has", async () => {
  await using virtual = await poolInUse();
  const held = virtual.pool.report().nodes.find((node) => stateName(node) === "hold")!;
  const coming = Math.max(...nodeIds(virtual)) + 1;
  edit(virtual, held, () => marksOf(virtual, coming));
  virtual.simulator.arm({ fault: 4, count: 1, effect: false });
  await virtual.acquire("small");
  await virtual.clock.advance(30 * MINUTE);
  const owners = virtual.pool.report().nodes.filter((node) => serverIdOf(node) === serverIdOf(held));
  assert.deepEqual(owners.map(({ id }) => id), [held.id]);
  assert.ok(virtual.exists(serverIdOf(held)!));
  assert.equal(virtual.count("ready"), 2);
});

const floating = "pool: public\n    networks: [{name: private}]";

/** Attaches a floating IP to a server's port, as somebody in the project may; null: takes it off. */
function attach(virtual: VirtualPool, floatingIpId: string, serverId: string | null): void {
  const cloud = virtual.simulator.cloud("simulator");
  const floatingIp = cloud.network.floatingIps.get(floatingIpId)!;
  if (serverId === null) cloud.network.detachFloatingIp(floatingIp);
  else cloud.network.attachFloatingIp(floatingIp, cloud.servers.get(serverId)!.ports[0]!);
}

function floatingIps(virtual: VirtualPool): ReadonlyMap<string, unknown> {
  return virtual.simulator.cloud("simulator").network.floatingIps;
}

Deno.test("a floating IP that somebody has moved to another server outlives its node, there and after", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1, provider: floating }) });
  await virtual.until(() => virtual.count("ready") === 1);
  const [node] = virtual.pool.report().nodes;
  const { id } = node!.floatingIp!;
  const theirs = await virtual.makeAlien("web-1");
  await virtual.clock.advance(MINUTE);
  attach(virtual, id, theirs);
  await virtual.during(virtual.ask("delete", { ids: [node!.id], comment: "done" }));
  await virtual.until(() => !nodeIds(virtual).includes(node!.id));
  await virtual.clock.advance(HOUR);
  assert.ok(floatingIps(virtual).has(id), "deleted where it is in use");
  attach(virtual, id, null);
  await virtual.clock.advance(HOUR);
  assert.ok(floatingIps(virtual).has(id), "deleted when it was taken off");
});

Deno.test("a floating IP that an ended node left is deleted within minutes; one that a server has is not", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1, provider: floating }) });
  await virtual.until(() => virtual.count("ready") === 1);
  await virtual.during(virtual.ask("delete", { ids: [1], comment: "done" }));
  await virtual.until(() => virtual.count("ready") === 1 && !nodeIds(virtual).includes(1));
  await virtual.clock.advance(20 * MINUTE);
  const theirs = await virtual.makeAlien("web-1");
  await virtual.clock.advance(MINUTE);
  const { network, stock } = virtual.simulator.cloud("simulator");
  const { id: networkId } = stock.networks.find(({ external }) => external)!;
  const description = floatingIpDescription(virtual.store.installation.id, 1);
  const leaked = network.createFloatingIp(networkId, { port: null, description });
  const inUse = network.createFloatingIp(networkId, { port: null, description });
  attach(virtual, inUse.id, theirs);
  const since = virtual.clock.now();
  await virtual.until(() => !floatingIps(virtual).has(leaked.id));
  const took = virtual.clock.now() - since;
  assert.ok(took >= MINUTE && took <= 4 * MINUTE, `${took / SECOND} s`);
  await virtual.clock.advance(HOUR);
  assert.ok(floatingIps(virtual).has(inUse.id));
});

Deno.test("clean-floating-ips takes what has been unattached for five minutes, and nothing that a server has", async () => {
  const provider = `${floating}\n    clean-floating-ips: true`;
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1, provider }) });
  await virtual.until(() => virtual.count("ready") === 1);
  const theirs = await virtual.makeAlien("web-1");
  await virtual.clock.advance(MINUTE);
  const { network, stock } = virtual.simulator.cloud("simulator");
  const { id: networkId } = stock.networks.find(({ external }) => external)!;
  const idle = network.createFloatingIp(networkId, { port: null, description: "" });
  const inUse = network.createFloatingIp(networkId, { port: null, description: "" });
  attach(virtual, inUse.id, theirs);
  await virtual.clock.advance(5 * MINUTE);
  assert.ok(floatingIps(virtual).has(idle.id), "somebody may be about to attach it");
  await virtual.clock.advance(5 * MINUTE);
  assert.ok(!floatingIps(virtual).has(idle.id));
  assert.ok(floatingIps(virtual).has(inUse.id));
});

Deno.test("an idle pool whose floating IPs are watched makes at most two requests a minute too", async () => {
  const provider = `${floating}\n    clean-floating-ips: true`;
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 3, provider }) });
  await virtual.until(() => virtual.count("ready") === 3);
  const { network, stock } = virtual.simulator.cloud("simulator");
  const { id: networkId } = stock.networks.find(({ external }) => external)!;
  // Marked with a node that was never there: it stays for ever, and must not be looked at more often for that.
  const description = floatingIpDescription(virtual.store.installation.id, 900);
  network.createFloatingIp(networkId, { port: null, description });
  await virtual.clock.advance(10 * MINUTE);
  const before = virtual.simulator.journal.countOf();
  await virtual.clock.advance(HOUR);
  const asked = virtual.simulator.journal.countOf() - before;
  assert.ok(asked <= 120, `${asked} requests in an hour`);
});

Deno.test("an image that is current stays so when its properties are made to say that it is an old one", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig({ minReady: 1 }) });
  await virtual.until(() => virtual.count("ready") === 1, HOUR);
  const [old] = readyImages(virtual);
  await order(virtual, "update", "noble", "simulator");
  await virtual.until(() => readyImages(virtual).length === 2, HOUR);
  await virtual.during(virtual.ask("image-delete", { ids: [old!.id], comment: "deleted by ada" }));
  await virtual.until(() => readyImages(virtual).length === 1 && cloudImages(virtual) === 1, HOUR);
  const [current] = readyImages(virtual);
  const externalId = "externalId" in current!.state ? current!.state.externalId! : "";
  const image = virtual.simulator.cloud("simulator").images.get(externalId)!;
  const { hostname: name, id: imageId } = old!;
  const installation = virtual.store.installation.id;
  image.fields = { ...image.fields, name };
  image.properties = imageProperties({ installation, provider: "simulator", imageId, name });
  await virtual.clock.advance(12 * HOUR);
  assert.equal(virtual.simulator.journal.countOf("image.delete"), 1);
  assert.deepEqual(readyImages(virtual).map(({ id }) => id), [current!.id]);
});
