/** A pool on a cloud that others use, whose deletions hang or that asks for peace: all of it is borne. Virtual time, seeded. */
import assert from "node:assert/strict";
import { serverIdOf } from "../../src/domain/node.ts";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

const provider =
  "launch-timeout: 120s\n    boot-timeout: 60s\n    delete-timeout: 120s\n    api-timeout: 20s";

Deno.test("servers that are not ours are never touched", async () => {
  const config = poolConfig({ minReady: 2, provider });
  await using virtual = await VirtualPool.start({ config });
  const alien = await virtual.makeAlien("somebody-elses");
  await virtual.clock.advance(2 * HOUR);
  assert.ok(virtual.exists(alien));
  const { aliens } = await virtual.during(
    virtual.ask("alien-list", { provider: null }),
  );
  assert.deepEqual(aliens.map(({ hostname }) => hostname), ["somebody-elses"]);
});

Deno.test("a leaked server of ours is deleted once it is old enough and seen twice", async () => {
  const config = poolConfig({ minReady: 1, provider });
  await using virtual = await VirtualPool.start({ config });
  await virtual.until(() => virtual.count("ready") === 1);
  const leaked = await virtual.makeAlien("leaked", virtual.store.installation.id);
  await virtual.clock.advance(MINUTE);
  assert.ok(virtual.exists(leaked), "deleted too soon");
  await virtual.clock.advance(10 * MINUTE);
  assert.ok(!virtual.exists(leaked), "still there");
  assert.equal(virtual.count("ready"), 1);
});

Deno.test("a ready node whose server somebody deletes is not handed out while the cloud takes its time", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1 }) });
  await virtual.until(() => virtual.count("ready") === 1);
  const [ready] = virtual.pool.report().nodes;
  virtual.simulator.arm({ fault: 16, count: 1 });
  await using cloud = virtual.openCloud("main");
  await virtual.during(cloud.deleteServer(serverIdOf(ready!)!, { signal: new AbortController().signal }));
  await virtual.clock.advance(2 * MINUTE);
  assert.equal(virtual.exists(serverIdOf(ready!)!), true, "it is still being deleted");
  const [given] = await virtual.acquire("small");
  assert.notEqual(given!.id, ready!.id);
});

Deno.test("a cloud whose deletions hang keeps no other from being cleaned up", async () => {
  const clouds = ["one", "two"];
  const config = poolConfig({ minReady: 0, clouds, maxServers: 2 });
  await using virtual = await VirtualPool.start({ config, clouds: clouds.map((name) => ({ name })) });
  const nodes = await virtual.acquire("small", 4);
  await virtual.during(virtual.ask("delete", { ids: nodes.map(({ id }) => id), comment: "done" }));
  await virtual.until(() => virtual.count() === 0);
  virtual.simulator.arm({ fault: 4, operation: "server.delete", cloud: "one", effect: false });
  const leak = (provider: string, name: string) => {
    const { id } = nodes.find((node) => node.provider === provider)!;
    return virtual.makeLeak(name, { provider, nodeId: id });
  };
  for (let number = 1; number <= 20; number++) await leak("one", `leak-${number}`);
  await virtual.clock.advance(5 * MINUTE);
  const leaked = await leak("two", "leak");
  await virtual.until(() => !virtual.exists(leaked), 5 * MINUTE);
});

for (const retryAfter of [30 * MINUTE, 24 * HOUR]) {
  Deno.test(`a cloud that asks for ${retryAfter / MINUTE} minutes of peace is asked again after five`, async () => {
    const faults = [{ fault: 6, operation: "server.create", count: 2, time: retryAfter }];
    await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 2, provider }), faults });
    await virtual.clock.advance(4 * MINUTE);
    assert.equal(virtual.count("ready"), 0);
    await virtual.until(() => virtual.count("ready") === 2, 7 * MINUTE);
  });
}
