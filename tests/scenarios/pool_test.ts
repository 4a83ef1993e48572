import assert from "node:assert/strict";
import { stateName } from "../../src/domain/node.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

Deno.test("a pool launches up to min-ready and stays there", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 3 }) });
  await virtual.until(() => virtual.count("ready") === 3);
  await virtual.clock.advance(2 * HOUR);
  assert.equal(virtual.count(), 3);
  assert.equal(virtual.servers(), 3);
  assert.equal(virtual.simulator.journal.countOf("server.create"), 3);
});

Deno.test("a ready node carries the documented metadata", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1 }) });
  await virtual.until(() => virtual.count("ready") === 1);
  const [node] = virtual.pool.report().nodes;
  const server = virtual.serverOf(node!);
  assert.deepEqual(JSON.parse(server.metadata["groups"]!), ["debian", "main"]);
  assert.deepEqual(JSON.parse(server.metadata["nodepool"]!), {
    image_name: "debian",
    provider_name: "main",
    node_id: node!.id,
  });
  assert.equal(node!.hostname, `small-main-${node!.id}`);
});

Deno.test("a request takes the oldest ready node, and the pool replaces it", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 2 }) });
  await virtual.until(() => virtual.count("ready") === 2);
  const [node] = await virtual.acquire("small");
  assert.equal(node!.id, 1);
  await virtual.until(() => virtual.count("ready") === 2);
  assert.equal(virtual.count("used"), 1);
  await virtual.ask("release", { ids: [node!.id], result: "SUCCESS", job: null });
  await virtual.until(() => virtual.count() === 2);
  assert.equal(virtual.servers(), 2);
  assert.equal((await virtual.pool.ledger.getHistory(1))?.node.result, "used");
});

Deno.test("requests of a label are served in their order, each with all its nodes", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 0, maxServers: 4 }) });
  const first = virtual.acquire("small", 3);
  const second = virtual.acquire("small", 2);
  assert.equal((await first).length, 3);
  assert.equal(virtual.count("used"), 3);
  const waiting = virtual.pool.report().requests[0]!;
  assert.match(waiting.waitingOn!.message, /max-servers 4\/4|being built/);
  await virtual.ask("delete", { ids: (await first).map(({ id }) => id), comment: "done" });
  assert.equal((await second).length, 2);
});

Deno.test("a request that nobody waits for is withdrawn and its nodes go back", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1 }) });
  await virtual.until(() => virtual.count("ready") === 1);
  const spec = { label: "small", count: 1, job: null, client: null, deadline: null };
  await virtual.during(virtual.ask("request", spec));
  await virtual.until(() => virtual.count("used") === 1);
  await virtual.clock.advance(2 * MINUTE);
  assert.equal(virtual.pool.report().requests.length, 0);
  assert.equal(virtual.count("used"), 0);
});

Deno.test("requests keep their order over a restart, and say what they wait for", async () => {
  const clouds = [{ bootTime: 30 * SECOND }];
  await using virtual = await VirtualPool.start({
    config: poolConfig({ minReady: 0, maxServers: 3 }),
    clouds,
  });
  const spec = { label: "small", job: null, client: null, deadline: null };
  const { signal } = new AbortController();
  const ids: number[] = [];
  for (const count of [2, 3, 1]) {
    ids.push((await virtual.during(virtual.ask("request", { ...spec, count }))).id);
  }
  await virtual.clock.advance(5 * SECOND);
  const waits = () => virtual.pool.report().requests.map(({ waitingOn }) => waitingOn?.message);
  const full = "main: max-servers 3/3";
  assert.deepEqual(waits(), ["its nodes are being built", full, full]);
  await virtual.stopPool();
  await virtual.startPool();
  const granted: number[] = [];
  const clients = ids.map(async (id) => {
    const nodes = await virtual.granted(id, { signal });
    granted.push(id);
    await virtual.ask("request-confirm", { id });
    return nodes.map((node) => node.id);
  });
  await virtual.during(clients[0]!);
  assert.equal(waits()[0], "main: max-servers 3/3");
  assert.match(waits()[1] ?? "", /reserved for request 2, until/, "one is ready, and goes to nobody yet");
  assert.equal(virtual.count("ready"), 1);
  const first = await clients[0]!;
  await virtual.during(virtual.ask("release", { ids: first, result: "SUCCESS", job: null }));
  const second = await virtual.during(clients[1]!);
  await virtual.during(virtual.ask("release", { ids: second, result: "SUCCESS", job: null }));
  await virtual.during(clients[2]!);
  assert.deepEqual([granted, second.length], [ids, 3]);
});

Deno.test("a request waits for its nodes, and later ones for those before them", async () => {
  const clouds = [{ bootTime: 30 * SECOND }];
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 0 }), clouds });
  const spec = { label: "small", count: 1, job: null, client: null, deadline: null };
  for (let count = 0; count < 3; count++) await virtual.during(virtual.ask("request", spec));
  await virtual.clock.advance(5 * SECOND);
  assert.deepEqual(virtual.pool.report().requests.map(({ waitingOn }) => waitingOn?.message), [
    "its nodes are being built",
    "earlier requests of its label come first",
    "earlier requests of its label come first",
  ]);
  await virtual.during(virtual.reconfigure(poolConfig({ minReady: -1 })));
  await virtual.clock.advance(SECOND);
  const reasons = new Set(virtual.pool.report().requests.map(({ waitingOn }) => waitingOn?.message));
  assert.deepEqual([...reasons], ["the label is disabled: its min-ready is -1"]);
});

Deno.test("nodes of a failing job are held up to a number, take room, and end with hold-max-age", async () => {
  const config = `limits: {hold-max-age: 2h}\n${poolConfig({ minReady: 1, maxServers: 3 })}`;
  await using virtual = await VirtualPool.start({ config });
  await virtual.during(virtual.ask("job-create", { job: "unit", holdOnFailure: 2 }));
  for (let round = 0; round < 4; round++) {
    const [node] = await virtual.acquire("small");
    const failed = { result: "FAILURE", job: "unit" } as const;
    const [outcome] = await virtual.during(virtual.ask("release", { ids: [node!.id], ...failed }));
    assert.equal(outcome!.message.startsWith("held"), round < 2);
  }
  await virtual.until(() => virtual.count("ready") === 1 && virtual.count() === 3);
  assert.equal(virtual.count("hold"), 2);
  const spec = { label: "small", count: 2, job: null, client: null, deadline: null };
  await virtual.during(virtual.ask("request", spec));
  await virtual.clock.advance(SECOND);
  assert.equal(virtual.pool.report().requests[0]!.waitingOn?.message, "main: max-servers 3/3");
  await virtual.clock.advance(2 * HOUR + MINUTE);
  assert.equal(virtual.count("hold"), 0);
});

Deno.test("a hold that ends, by time or by command, never takes a node from a job that still runs", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 0 }) });
  const stateOf = (id: number) => virtual.pool.report().nodes.find((node) => node.id === id)?.state.phase;
  const held = async (duration: number | null) => {
    const [node] = await virtual.acquire("small");
    const ids = [node!.id];
    await virtual.during(virtual.ask("hold", { ids, reason: null, owner: "ada", duration }));
    return { ids, id: node!.id };
  };
  const [byTime, byCommand, over] = [await held(HOUR), await held(null), await held(2 * HOUR)];
  const end = { result: null, job: null };
  await virtual.during(virtual.ask("release", { ids: over.ids, ...end }));
  await virtual.during(virtual.ask("unhold", { ids: byCommand.ids, comment: "over" }));
  await virtual.clock.advance(HOUR + MINUTE);
  assert.deepEqual([byTime, byCommand, over].map(({ id }) => stateOf(id)), ["used", "used", "hold"]);
  for (const { ids } of [byTime, byCommand]) {
    await virtual.during(virtual.ask("release", { ids, ...end }));
  }
  await virtual.clock.advance(HOUR);
  assert.equal(virtual.count(), 0, "the job of the third was over when its hold ended");
});

Deno.test("a hold with an end ends by itself", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1 }) });
  await virtual.until(() => virtual.count("ready") === 1);
  const hold = { reason: null, owner: null, duration: 2 * HOUR };
  await virtual.during(virtual.ask("hold", { ids: [1], ...hold }));
  await virtual.clock.advance(2 * HOUR - MINUTE);
  assert.equal(virtual.count("hold"), 1);
  await virtual.clock.advance(2 * MINUTE);
  assert.equal(virtual.count("hold"), 0);
});

Deno.test("max-servers is never exceeded, and -1 launches nothing while what is there lives on", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 8, maxServers: 5 }) });
  await virtual.until(() => virtual.count("ready") === 5);
  await virtual.clock.advance(10 * MINUTE);
  assert.equal(virtual.servers(), 5);
  await virtual.during(virtual.reconfigure(poolConfig({ minReady: 8, maxServers: -1 })));
  await virtual.during(virtual.ask("delete", { ids: [1], comment: "gone" }));
  await virtual.clock.advance(10 * MINUTE);
  assert.equal(virtual.count("ready"), 4);
  assert.match(virtual.reasons()[0]!, /retired/);
});

Deno.test("an idle pool makes at most two requests a minute", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 100, maxServers: 100 }) });
  await virtual.until(() => virtual.count("ready") === 100);
  await virtual.clock.advance(2 * MINUTE);
  const before = virtual.simulator.journal.count;
  await virtual.clock.advance(60 * MINUTE);
  const asked = virtual.simulator.journal.count - before;
  assert.ok(asked <= 120, `${asked} requests in an hour`);
});

Deno.test("a cloud is asked no more often where more nodes are wanted than max-servers allows", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 8, maxServers: 5 }) });
  await virtual.until(() => virtual.count("ready") === 5);
  await virtual.clock.advance(2 * MINUTE);
  const before = virtual.simulator.journal.count;
  await virtual.clock.advance(30 * MINUTE);
  const asked = virtual.simulator.journal.count - before;
  assert.ok(asked <= 60, `${asked} requests in half an hour`);
});

Deno.test("each node costs one POST and one DELETE, and listings do not grow with their number", async () => {
  const listings: number[] = [];
  for (const count of [5, 50]) {
    const provider = "auto-floating-ip: false";
    await using virtual = await VirtualPool.start({
      config: poolConfig({ minReady: count, maxServers: count, provider }),
    });
    await virtual.until(() => virtual.count("ready") === count);
    await virtual.during(virtual.reconfigure(poolConfig({ minReady: 0, maxServers: count, provider })));
    const ids = virtual.pool.report().nodes.map(({ id }) => id);
    await virtual.during(virtual.ask("delete", { ids, comment: "done" }));
    await virtual.until(() => virtual.count() === 0);
    const { journal } = virtual.simulator;
    assert.equal(journal.countOf("server.create"), count);
    assert.equal(journal.countOf("server.delete"), count);
    listings.push(journal.count - 2 * count);
  }
  assert.ok(Math.abs(listings[0]! - listings[1]!) <= 3, `other requests: ${listings}`);
});

Deno.test("two clouds: one that is down does not stop the other, and is used once it is back", async () => {
  const config = poolConfig({ minReady: 4, clouds: ["alpha", "beta"] });
  const clouds = [{ name: "alpha" }, { name: "beta" }];
  const faults = [{ fault: 23, cloud: "beta", until: 10 * MINUTE }];
  await using virtual = await VirtualPool.start({ config, clouds, faults });
  await virtual.until(() => virtual.count("ready") === 4);
  assert.equal(virtual.servers("beta"), 0);
  const beta = virtual.pool.report().providers.find(({ name }) => name === "beta")!;
  assert.equal(beta.reachable, false);
  await virtual.clock.advance(12 * MINUTE);
  await virtual.during(virtual.reconfigure(poolConfig({ minReady: 12, clouds: ["alpha", "beta"] })));
  await virtual.until(() => virtual.count("ready") === 12);
  assert.ok(virtual.servers("beta") > 0);
});

Deno.test("launches wait for the clouds that are slow to answer first, so that all get their share", async () => {
  const config = poolConfig({ minReady: 4, clouds: ["alpha", "beta"] });
  const clouds = [{ name: "alpha" }, { name: "beta", latency: SECOND / 4 }];
  await using virtual = await VirtualPool.start({ config, clouds });
  await virtual.until(() => virtual.count("ready") === 4);
  assert.deepEqual([virtual.servers("alpha"), virtual.servers("beta")], [2, 2]);
});

Deno.test("ready nodes over max-ready-age are replaced a few at a time", async () => {
  const config = poolConfig({ minReady: 5, label: "max-ready-age: 1h" });
  await using virtual = await VirtualPool.start({ config });
  await virtual.until(() => virtual.count("ready") === 5);
  let fewest = 5;
  for (let minute = 0; minute < 90; minute++) {
    await virtual.clock.advance(MINUTE);
    fewest = Math.min(fewest, virtual.count("ready"));
  }
  assert.ok(fewest >= 3, `there were only ${fewest} ready`);
  assert.ok(virtual.pool.report().nodes.every(({ id }) => id > 5), "an old node is still there");
});

Deno.test("a server that vanishes takes its ready node with it, and is replaced", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 2 }) });
  await virtual.until(() => virtual.count("ready") === 2);
  virtual.simulator.arm({ fault: 15, count: 1 });
  await virtual.clock.advance(5 * MINUTE);
  assert.equal(virtual.count("ready"), 2);
  assert.equal(virtual.servers(), 2);
  assert.ok(virtual.pool.report().nodes.some(({ id }) => id > 2));
});

Deno.test("a removed label's ready nodes are deleted, its used ones live on", async () => {
  const both = poolConfig({ minReady: 2, more: ["other"] });
  await using virtual = await VirtualPool.start({ config: both });
  await virtual.until(() => virtual.count("ready") === 4);
  await virtual.acquire("other");
  await virtual.until(() => virtual.count("ready") === 4);
  await virtual.during(virtual.reconfigure(poolConfig({ minReady: 2 })));
  await virtual.until(() => virtual.count(undefined, "other") === 1);
  assert.equal(stateName(virtual.pool.report().nodes.find(({ label }) => label === "other")!), "used");
});

Deno.test("a floating IP is made for each node and deleted with it", async () => {
  const provider = "pool: public\n    networks: [{name: private}]";
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 3, provider }) });
  await virtual.until(() => virtual.count("ready") === 3);
  const [node] = virtual.pool.report().nodes;
  assert.equal(node!.addresses!.login, node!.floatingIp!.address);
  await virtual.during(virtual.reconfigure(poolConfig({ minReady: 0, provider })));
  await virtual.during(virtual.ask("delete", { ids: [1, 2, 3], comment: "done" }));
  await virtual.until(() => virtual.count() === 0);
  const { journal } = virtual.simulator;
  assert.equal(journal.countOf("floatingip.create"), 3);
  assert.equal(journal.countOf("floatingip.delete"), 3);
});

Deno.test("a pool that is stopped and started continues where it left off", async () => {
  const clouds = [{ bootTime: 30 * SECOND }];
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 4 }), clouds });
  await virtual.clock.advance(10 * SECOND);
  assert.equal(virtual.count("building"), 4);
  await virtual.stopPool();
  await virtual.startPool();
  await virtual.until(() => virtual.count("ready") === 4);
  assert.equal(virtual.simulator.journal.countOf("server.create"), 4);
});
