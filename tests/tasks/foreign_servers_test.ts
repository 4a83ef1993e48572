/** A state that was restored from an older copy: servers that only the newer one knew are neither met nor deleted. */
import assert from "node:assert/strict";
import { serverIdOf } from "../../src/domain/node.ts";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import { poolConfig, VirtualPool } from "../scenarios/virtual_pool.ts";

Deno.test("a pool on an older copy of its state launches under new ids and never deletes what it does not know", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 0, maxServers: 10 }) });
  const older = virtual.copyState();
  await virtual.reconfigure(poolConfig({ minReady: 2, maxServers: 10 }));
  await virtual.until(() => virtual.count("ready") === 2);
  await virtual.restartOn(older);
  await virtual.until(() => virtual.count("ready") === 2);
  assert.deepEqual(virtual.pool.report().nodes.map(({ id }) => id), [3, 4]);
  await virtual.clock.advance(HOUR);
  assert.equal(virtual.servers(), 4);
  const { signal } = new AbortController();
  const { aliens } = await virtual.during(virtual.ask("alien-list", { provider: null }, { signal }));
  assert.deepEqual(aliens.map(({ hostname }) => hostname).sort(), ["small-main-1", "small-main-2"]);

  await virtual.stopPool();
  await virtual.startPool();
  await virtual.clock.advance(10 * MINUTE);
  assert.equal(virtual.servers(), 4, "a further start deletes nothing either");
});

Deno.test("a cloud that is out of reach at the start keeps its servers although their ids are given out anew", async () => {
  const clouds = ["alpha", "beta"];
  const config = (minReady: number) => poolConfig({ minReady, maxServers: 10, clouds });
  await using virtual = await VirtualPool.start({
    config: config(0),
    clouds: clouds.map((name) => ({ name })),
  });
  const older = virtual.copyState();
  await virtual.reconfigure(config(12));
  await virtual.until(() => virtual.count("ready") === 12);
  const lost = virtual.pool.report().nodes.filter(({ provider }) => provider === "beta");
  virtual.simulator.arm({ fault: 23, cloud: "beta" });
  await virtual.restartOn(older);
  await virtual.until(() => virtual.count("ready") === 10);
  const again = new Set(virtual.pool.report().nodes.map(({ id }) => id));
  assert.ok(lost.length > 0 && lost.every(({ id }) => again.has(id)), "no id was given out anew");
  virtual.simulator.disarm();
  await virtual.until(() => virtual.count("ready") === 12);
  await virtual.clock.advance(HOUR);
  assert.ok(lost.every((each) => virtual.exists(serverIdOf(each)!)));
});

Deno.test("another daemon on a copy of the state freezes the provider for good, and what it has deleted is forgotten", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 0, maxServers: 10 }) });
  await virtual.clock.advance(MINUTE);
  const installation = virtual.pool.ledger.installation.id;
  const of = () => virtual.pool.report().providers[0]!;
  const cloud = virtual.openCloud("main");
  const { signal } = new AbortController();
  for (let count = 1; count <= 12; count++) {
    const id = await virtual.makeAlien(`theirs-${count}`, installation, { nodepool_run: "another-run" });
    await virtual.until(() => of().foreign.some(({ serverId }) => serverId === id), 10 * MINUTE);
    await virtual.during(cloud.deleteServer(id, { signal, confirm() {} }));
    await virtual.until(() => !virtual.exists(id));
    await virtual.clock.advance(2 * MINUTE);
  }
  await virtual.during(cloud[Symbol.asyncDispose]());
  assert.deepEqual(of().foreign.map(({ hostname }) => hostname), ["theirs-1"]);
  assert.match(of().frozen!, /it created server theirs-1, \S+ in run another-run\)/);
});
