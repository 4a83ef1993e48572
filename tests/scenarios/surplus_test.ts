/** Ready nodes above min-ready that nobody wants: they go, and never too soon or in vain. */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { imageConfig, order } from "./image_pool.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

/** Clients give up before it has booted their nodes. */
const clouds = [{ name: "simulator", bootTime: 30 * SECOND }];

/** Asks for nodes and gives up. */
async function giveUp(virtual: VirtualPool, count: number, label = "small"): Promise<void> {
  const spec = { label, count, job: null, client: null, deadline: null };
  const { id } = await virtual.during(Promise.resolve(virtual.ask("request", spec)));
  await virtual.clock.advance(3 * SECOND);
  await virtual.during(virtual.ask("request-withdraw", { id }));
}

const launched = (virtual: VirtualPool) => virtual.simulator.journal.countOf("server.create");

Deno.test("nodes launched for who gave up go after ten minutes, down to min-ready, and none is launched for them", async () => {
  await using virtual = await VirtualPool.start({
    config: poolConfig({ minReady: 2, maxServers: 10 }),
    clouds,
  });
  await virtual.until(() => virtual.count("ready") === 2);
  await giveUp(virtual, 5);
  await virtual.until(() => virtual.count("ready") === 7);
  await virtual.clock.advance(9 * MINUTE);
  assert.equal(virtual.count("ready"), 7);
  await virtual.until(() => virtual.count() === 2, 3 * MINUTE);
  const before = launched(virtual);
  await virtual.clock.advance(60 * MINUTE);
  assert.deepEqual([virtual.count("ready"), launched(virtual)], [2, before]);
});

Deno.test("limits.idle says how long, and 0 that they stay", async () => {
  const config = `limits: {idle: 0}\n${poolConfig({ minReady: 0 })}`;
  await using virtual = await VirtualPool.start({ config, clouds });
  await giveUp(virtual, 3);
  await virtual.clock.advance(60 * MINUTE);
  assert.equal(virtual.count("ready"), 3);
  await virtual.during(virtual.reconfigure(config.replace("idle: 0", "idle: 2m")));
  await virtual.until(() => virtual.count() === 0, 3 * MINUTE);
});

Deno.test("what nobody wants goes at once where another label's request needs the room, and no more than that", async () => {
  const config = poolConfig({ minReady: 0, maxServers: 5, more: ["other"] });
  await using virtual = await VirtualPool.start({ config, clouds });
  await giveUp(virtual, 5);
  await virtual.until(() => virtual.count("ready", "small") === 5);
  const nodes = await virtual.during(virtual.acquire("other", 2), 3 * MINUTE);
  assert.equal(nodes.length, 2);
  assert.equal(virtual.count("ready", "small"), 3);
});

Deno.test("ready nodes of min-ready give way to another label's request once they are ten minutes old, and come back after", async () => {
  const config = poolConfig({ minReady: 3, maxServers: 3, more: ["other"] })
    .replace(/(name: other[^]*?min-ready:) 3/, "$1 0");
  await using virtual = await VirtualPool.start({ config, clouds });
  await virtual.until(() => virtual.count("ready", "small") === 3);
  const since = virtual.clock.now();
  const [node] = await virtual.during(virtual.acquire("other"), 15 * MINUTE);
  assert.ok(virtual.clock.now() - since >= 10 * MINUTE, "they were just launched");
  assert.equal(virtual.count("ready", "small"), 2);
  const before = launched(virtual);
  await virtual.clock.advance(60 * MINUTE);
  assert.equal(launched(virtual), before);
  await virtual.during(virtual.ask("release", { ids: [node!.id], result: "SUCCESS", job: null }));
  await virtual.until(() => virtual.count("ready", "small") === 3, 3 * MINUTE);
  assert.equal(launched(virtual), before + 1);
});

Deno.test("what nobody wants goes at once where an image needs the room in the quota", async () => {
  const config = imageConfig({ built: [], prepared: ["made"], maxServers: 4 }).replace(
    "labels:",
    "labels:\n  - {name: plain, image: plain, min-ready: 0, providers: [{name: simulator}]}",
  ).replace(
    /\n {4}images:/,
    "$&\n      - {name: plain, base-image: debian-12, min-ram: 512, username: debian, private-key: /key, connection-port: 2222}",
  );
  const small = [{ ...clouds[0]!, quotas: { instances: 3 } }];
  await using virtual = await VirtualPool.start({ config, clouds: small });
  await virtual.clock.advance(60 * MINUTE);
  await giveUp(virtual, 3, "plain");
  await virtual.until(() => virtual.count("ready", "plain") === 3);
  const [updated] = await virtual.during(order(virtual, "update", "made"), 9 * MINUTE);
  assert.equal(updated!.ok, true);
  assert.ok(
    virtual.count("ready", "plain") >= 1,
    "it takes one for the builder, and one for the check at most",
  );
});

Deno.test("nodes that somebody has, holds or is promised stay, however long", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 0, maxServers: 4 }) });
  const [held] = await virtual.acquire("small", 2);
  await virtual.during(virtual.ask("hold", { ids: [held!.id], reason: null, owner: null, duration: null }));
  const spec = { label: "small", count: 3, job: null, client: null, deadline: null };
  const { id } = await virtual.during(Promise.resolve(virtual.ask("request", spec)));
  virtual.ask("request-grant", { id }, { signal: new AbortController().signal }).catch(() => {});
  await virtual.clock.advance(60 * MINUTE);
  assert.deepEqual([virtual.count("ready"), virtual.count("used"), virtual.count("hold")], [2, 1, 1]);
  assert.equal(launched(virtual), 4);
});
