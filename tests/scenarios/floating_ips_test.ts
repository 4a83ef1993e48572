/** Floating IPs on clouds as people have them: without a pool, on the second port, over quota, none to be had. */
import assert from "node:assert/strict";
import { serverIdOf } from "../../src/domain/node.ts";
import { imageStateName } from "../../src/domain/provider_image.ts";
import { MINUTE } from "../../src/domain/time.ts";
import { imageConfig } from "./image_pool.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

async function readyNode(
  { provider = "", ...settings }:
    & { provider?: string }
    & Omit<
      Parameters<typeof VirtualPool.start>[0],
      "config"
    >,
) {
  const config = poolConfig({ minReady: 1, maxServers: 2, provider });
  const virtual = await VirtualPool.start({ config, ...settings });
  await virtual.until(() => virtual.count("ready") === 1);
  return { virtual, node: virtual.pool.report().nodes[0]! };
}

Deno.test("without a pool a server on a tenant network gets a floating IP, which goes with it", async () => {
  const { virtual, node } = await readyNode({});
  await using _ = virtual;
  assert.equal(node.addresses!.login, node.floatingIp!.address);
  assert.notEqual(node.addresses!.privateV4, node.floatingIp!.address);
  await virtual.during(virtual.reconfigure(poolConfig({ minReady: 0 })));
  await virtual.during(virtual.ask("delete", { ids: [node.id], comment: "done" }));
  await virtual.until(() => virtual.count() === 0);
  const { journal } = virtual.simulator;
  assert.equal(journal.countOf("floatingip.create"), 1);
  assert.equal(virtual.simulator.cloud("simulator").network.floatingIps.size, 0);
});

Deno.test("auto-floating-ip: false makes none, and the server is logged in to where it is", async () => {
  const { virtual, node } = await readyNode({ provider: "auto-floating-ip: false" });
  await using _ = virtual;
  assert.equal(node.floatingIp, null);
  assert.equal(node.addresses!.login, node.addresses!.privateV4);
  assert.equal(virtual.simulator.journal.countOf("floatingip.create"), 0);
  assert.equal(virtual.simulator.journal.countOf("port.list"), 0);
});

Deno.test("of several ports the floating IP leads to the one that the external network reaches", async () => {
  const { virtual, node } = await readyNode({
    provider: "networks: [{name: storage}, {name: tenant}]",
    clouds: [{ personality: "tenant" }],
  });
  await using _ = virtual;
  const [storage, tenant] = virtual.simulator.cloud("simulator").servers.get(serverIdOf(node)!)!.ports;
  assert.equal(node.floatingIp!.portId, tenant!.id);
  assert.equal(node.addresses!.privateV4, tenant!.address);
  assert.notEqual(storage!.address, tenant!.address);
  assert.equal(virtual.simulator.journal.countOf("floatingip.create"), 2);
});

Deno.test("where no router leads to any port, the server is logged in to at its own address", async () => {
  const networks = [{ name: "private", routed: false }, { name: "public", external: true }];
  const { virtual, node } = await readyNode({ clouds: [{ networks }] });
  await using _ = virtual;
  assert.equal(node.floatingIp, null);
  assert.equal(node.addresses!.login, node.addresses!.privateV4);
});

Deno.test("a floating IP of an answer that got lost is found and goes with its node, without a pool as well", async () => {
  const { virtual, node } = await readyNode({
    faults: [{ fault: 3, operation: "floatingip.create", count: 1 }],
  });
  await using _ = virtual;
  assert.equal(node.addresses!.login, node.floatingIp!.address);
  await virtual.during(virtual.reconfigure(poolConfig({ minReady: 0 })));
  await virtual.during(virtual.ask("delete", { ids: [node.id], comment: "done" }));
  await virtual.until(() => virtual.count() === 0);
  assert.equal(virtual.simulator.cloud("simulator").network.floatingIps.size, 0);
});

Deno.test("a floating IP of an answer that got lost goes with its node also where Neutron knows no descriptions", async () => {
  for (const provider of ["", "pool: public"]) {
    const { virtual, node } = await readyNode({
      provider,
      clouds: [{ quirks: ["no-descriptions"] }],
      faults: [{ fault: 3, operation: "floatingip.create", count: 1 }],
    });
    await using _ = virtual;
    assert.equal(node.addresses!.login, node.floatingIp?.address);
    await virtual.during(virtual.reconfigure(poolConfig({ minReady: 0, provider })));
    await virtual.during(virtual.ask("delete", { ids: [node.id], comment: "done" }));
    await virtual.clock.advance(10 * MINUTE);
    assert.equal(virtual.simulator.cloud("simulator").network.floatingIps.size, 0);
  }
});

Deno.test("a floating IP whose making a killed pool did not see answered leaks neither with nor without a pool", async () => {
  for (const provider of ["", "pool: public"]) {
    const config = poolConfig({ minReady: 3, maxServers: 3, provider });
    await using virtual = await VirtualPool.start({ config });
    const { journal } = virtual.simulator;
    await virtual.until(() => journal.countOf("floatingip.create") > 0);
    await virtual.killPool();
    await virtual.startPool();
    await virtual.until(() => virtual.count("ready") === 3);
    const nodes = virtual.pool.report().nodes;
    assert.ok(nodes.every(({ floatingIp }) => floatingIp !== null));
    await virtual.during(virtual.reconfigure(poolConfig({ minReady: 0, provider })));
    await virtual.during(virtual.ask("delete", { ids: nodes.map(({ id }) => id), comment: "done" }));
    await virtual.clock.advance(10 * MINUTE);
    assert.equal(virtual.simulator.cloud("simulator").network.floatingIps.size, 0);
  }
});

Deno.test("no more servers are booted than the quota of floating IPs has room for, without a pool as well", async () => {
  const clouds = [{ quotas: { floatingIps: 3 } }];
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 5 }), clouds });
  await virtual.clock.advance(5 * MINUTE);
  assert.equal(virtual.count("ready"), 3);
  assert.equal(virtual.simulator.journal.countOf("server.create"), 3);
});

Deno.test("clouds with public networks give no floating IP, and are logged in to on those", async () => {
  for (const [personality, provider] of [["ovh", "networks: [{name: Ext-Net}]"], ["rackspace", ""]]) {
    const ids = "networks: [{net-id: 00000000-0000-0000-0000-000000000000}, " +
      "{net-id: 11111111-1111-1111-1111-111111111111}]";
    const { virtual, node } = await readyNode({
      provider: provider || ids,
      clouds: [{ personality: personality! }],
    });
    await using _ = virtual;
    const { ports } = virtual.simulator.cloud("simulator").servers.get(serverIdOf(node)!)!;
    assert.equal(node.addresses!.login, ports[0]!.address);
    assert.equal(virtual.simulator.journal.countOf("floatingip.create"), 0);
  }
});

Deno.test("a server on which an image is made gets a floating IP where it needs one, and gives it back", async () => {
  const config = imageConfig({
    built: [],
    prepared: ["noble"],
    minReady: 0,
    provider: "auto-floating-ip: true",
  });
  await using virtual = await VirtualPool.start({ config });
  await virtual.until(() => virtual.pool.report().images.some((image) => imageStateName(image) === "ready"));
  await virtual.until(() => virtual.count() === 0);
  assert.equal(virtual.simulator.journal.countOf("floatingip.create"), 1);
  assert.equal(virtual.simulator.cloud("simulator").network.floatingIps.size, 0);
});
