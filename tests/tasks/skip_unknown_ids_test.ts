/** A state that was restored from an older copy: servers that only the newer one knew are neither met nor deleted. */
import assert from "node:assert/strict";
import { serverIdOf } from "../../src/domain/node.ts";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { createMemoryStore } from "../../src/store/memory_store.ts";
import { skipUnknownIds } from "../../src/tasks/skip_unknown_ids.ts";
import { ledgerWith } from "../execute/execute_fixtures.ts";
import { node, server, states } from "../plan/plan_fixtures.ts";
import { poolConfig, VirtualPool } from "../scenarios/virtual_pool.ts";
import { watchKit } from "./task_fixtures.ts";

async function skipping(...servers: ReturnType<typeof server>[]) {
  const { ledger, clock } = await ledgerWith(node(states.ready), node(states["delete-address"], { id: 8 }));
  await ledger.takeIds("node", 8);
  await ledger.edit((edit) => edit.removeNode(8));
  const kit = watchKit({ clock });
  kit.state.servers = servers;
  await kit.observe();
  const unknown = await skipUnknownIds(kit.watch, ledger);
  return { unknown: unknown.map(({ id }) => id), next: await ledger.takeIds("node", 1) };
}

Deno.test("ids of servers that the state does not know are never given out", async () => {
  const later = [900, 12, 30].map((nodeId) => server(`s${nodeId}`, { nodeId }));
  assert.deepEqual(await skipping(server("s7"), ...later), { unknown: ["s12", "s30", "s900"], next: 901 });
});

Deno.test("servers of nodes that are there or have ended, and those of others, skip no id", async () => {
  const known = [server("s7"), server("s8", { nodeId: 8 }), server("x", { nodeId: 900, metadata: {} })];
  assert.deepEqual(await skipping(...known), { unknown: [], next: 9 });
});

Deno.test("a pool on an older copy of its state launches under new ids and never deletes what it does not know", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 2, maxServers: 10 }) });
  await virtual.until(() => virtual.count("ready") === 2);
  await virtual.stopPool();
  const { installation } = virtual.store;
  const older = createMemoryStore({ clock: virtual.clock, random: seededRandom(9), installation });
  Object.assign(virtual, { store: older });
  await virtual.startPool();
  await virtual.until(() => virtual.count("ready") === 2);
  assert.deepEqual(virtual.pool.report().nodes.map(({ id }) => id), [3, 4]);
  await virtual.clock.advance(HOUR);
  assert.equal(virtual.servers(), 4);
  const { signal } = new AbortController();
  const aliens = await virtual.during(virtual.pool.listAliens({ provider: null, signal }));
  assert.deepEqual(aliens.servers.map(({ hostname }) => hostname).sort(), ["small-main-1", "small-main-2"]);

  await virtual.stopPool();
  await virtual.startPool();
  await virtual.clock.advance(10 * MINUTE);
  assert.equal(virtual.servers(), 4, "a further start deletes nothing either");
});

Deno.test("a cloud that is out of reach at the start keeps its servers although their ids are given out anew", async () => {
  const clouds = ["alpha", "beta"];
  const config = poolConfig({ minReady: 12, maxServers: 10, clouds });
  await using virtual = await VirtualPool.start({ config, clouds: clouds.map((name) => ({ name })) });
  await virtual.until(() => virtual.count("ready") === 12);
  const lost = virtual.pool.report().nodes.filter(({ provider }) => provider === "beta");
  await virtual.stopPool();
  const { installation } = virtual.store;
  const older = createMemoryStore({ clock: virtual.clock, random: seededRandom(9), installation });
  Object.assign(virtual, { store: older });
  virtual.simulator.arm({ fault: 23, cloud: "beta" });
  await virtual.startPool();
  await virtual.until(() => virtual.count("ready") === 10);
  const again = new Set(virtual.pool.report().nodes.map(({ id }) => id));
  assert.ok(lost.length > 0 && lost.every(({ id }) => again.has(id)), "no id was given out anew");
  virtual.simulator.disarm();
  await virtual.until(() => virtual.count("ready") === 12);
  await virtual.clock.advance(HOUR);
  assert.ok(lost.every((each) => virtual.exists(serverIdOf(each)!)));
});
