/** A provider that is retired: how far it is, until it can be taken out of the configuration. */
import assert from "node:assert/strict";
import { stateName } from "../../src/domain/node.ts";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import { imageConfig, order, readyImages } from "./image_pool.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

/** What provider-list and status say of the only provider. */
async function said(virtual: VirtualPool) {
  const { providers: [provider] } = await virtual.ask("provider-list", {});
  const { providers: { retired }, problems } = await virtual.ask("status", {});
  assert.deepEqual(retired?.map(({ message }) => message), [provider!.retirement!.message]);
  return { message: provider!.retirement!.message, removable: provider!.retirement!.removable, problems };
}

Deno.test("a retired provider says how many of its nodes are left, then that it can be removed, and is no problem", async () => {
  const config = poolConfig({ minReady: 3 });
  await using virtual = await VirtualPool.start({ config });
  await virtual.until(() => virtual.count("ready") === 3);
  const taken = await virtual.acquire("small", 2);
  await virtual.until(() => virtual.count("ready") === 3);
  assert.equal((await virtual.ask("provider-list", {})).providers[0]!.retirement, null);
  await virtual.during(virtual.reconfigure(config.replace(/max-servers: \d+/, "max-servers: -1")));
  assert.deepEqual(await said(virtual), { message: "5 of 5 nodes left", removable: false, problems: [] });
  const ready = virtual.pool.report().nodes.filter((node) => stateName(node) === "ready").map(({ id }) => id);
  await virtual.ask("delete", { ids: ready, comment: "by hand" });
  await virtual.until(() => virtual.pool.report().nodes.length === 2);
  await virtual.clock.advance(10 * MINUTE);
  assert.deepEqual(await said(virtual), { message: "2 of 5 nodes left", removable: false, problems: [] });
  await virtual.ask("release", { ids: taken.map(({ id }) => id), result: null, job: null });
  await virtual.until(() => virtual.pool.report().nodes.length === 0 && virtual.servers() === 0);
  await virtual.clock.advance(10 * MINUTE);
  assert.deepEqual(await said(virtual), { message: "can be removed now", removable: true, problems: [] });
});

Deno.test("a provider that was retired before the daemon's start says how many nodes are left, and which images", async () => {
  const config = imageConfig({ minReady: 1 });
  await using virtual = await VirtualPool.start({ config });
  await virtual.until(() => virtual.count("ready") === 1, HOUR);
  await order(virtual, "update", "noble");
  const retired = config.replace(/max-servers: \d+/, "max-servers: -1");
  await virtual.during(virtual.reconfigure(retired));
  await virtual.stopPool();
  await virtual.startPool();
  await virtual.clock.advance(MINUTE);
  assert.equal((await said(virtual)).message, "1 node left");
  await virtual.ask("delete", { ids: virtual.pool.report().nodes.map(({ id }) => id), comment: "by hand" });
  await virtual.until(() => virtual.pool.report().nodes.length === 0);
  assert.equal((await said(virtual)).message, "no nodes left; delete its images: nodepool image-delete 1 2");
  await virtual.ask("image-delete", { ids: readyImages(virtual).map(({ id }) => id), comment: "by hand" });
  await virtual.until(() => readyImages(virtual).length === 0, HOUR);
  await virtual.clock.advance(10 * MINUTE);
  assert.deepEqual(await said(virtual), { message: "can be removed now", removable: true, problems: [] });
});

Deno.test("nodes of a provider that is removed too early stay, others are launched in their place, and both count once it is back", async () => {
  const clouds = [{ name: "east" }, { name: "west" }];
  const both = poolConfig({ minReady: 4, clouds: ["east", "west"] });
  await using virtual = await VirtualPool.start({ config: both, clouds });
  await virtual.until(() => virtual.count("ready") === 4);
  await virtual.during(virtual.reconfigure(poolConfig({ minReady: 4, clouds: ["west"] })));
  await virtual.until(() => virtual.servers("west") === 4, 5 * MINUTE);
  assert.equal(virtual.servers("east"), 2);
  const taken = await virtual.acquire("small", 3);
  assert.deepEqual(taken.map(({ provider }) => provider), ["west", "west", "west"]);
  await virtual.until(() => virtual.servers("west") === 7, 5 * MINUTE);
  await virtual.during(virtual.reconfigure(both));
  await virtual.clock.advance(20 * MINUTE);
  assert.deepEqual([virtual.count("ready"), virtual.count("used")], [4, 3]);
});
