/** States that are older than the clouds, and states that two daemons have: nothing that lives is deleted or handed out. */
import assert from "node:assert/strict";
import { type NodeRecord, serverIdOf, stateName } from "../../../src/domain/node.ts";
import { HOUR, MINUTE, SECOND } from "../../../src/domain/time.ts";
import { listProblems } from "../../../src/views/list_problems.ts";
import { poolConfig, VirtualPool } from "../../scenarios/virtual_pool.ts";

const provider = "boot-timeout: 60";

function problems(virtual: VirtualPool): string {
  return listProblems(virtual.pool.report()).join("\n");
}

function node(virtual: VirtualPool, id: number): NodeRecord {
  return virtual.pool.report().nodes.find((each) => each.id === id)!;
}

function deletions(virtual: VirtualPool): number {
  return virtual.simulator.journal.countOf("server.delete");
}

function assertAllThere(virtual: VirtualPool, nodes: readonly NodeRecord[]): void {
  for (const each of nodes) {
    assert.ok(virtual.exists(serverIdOf(each)!), `the server of node ${each.id} is gone`);
  }
}

for (const nodeId of [9007199254740990, 2 ** 53, 2 ** 40 + 1, 5_000_000, -3, 1.5, 0]) {
  Deno.test(`a server that is marked with the node id ${nodeId} is told, left alone, and changes nothing`, async () => {
    const config = poolConfig({ minReady: 1, provider });
    await using virtual = await VirtualPool.start({ config });
    await virtual.until(() => virtual.count("ready") === 1);
    const poison = await virtual.makeAlien("poison", virtual.store.installation.id, {
      nodepool: JSON.stringify({ image_name: "debian", provider_name: "main", node_id: nodeId }),
    });
    for (const restart of [false, true]) {
      if (restart) await virtual.restartOn(virtual.store);
      await virtual.clock.advance(5 * MINUTE);
      const [taken] = await virtual.acquire("small");
      await virtual.until(() => virtual.count("ready") === 1);
      assert.ok(virtual.pool.report().nodes.every(({ id }) => id < 100), "its id moved the counter");
      assert.match(problems(virtual), new RegExp(`poison \\(${poison}\\)`));
      await virtual.during(virtual.ask("release", { ids: [taken!.id], result: null, job: null }));
      await virtual.until(() => virtual.count() === 1);
    }
    await virtual.clock.advance(HOUR);
    assert.ok(virtual.exists(poison));
  });
}

/** A pool whose state was copied an hour ago; since then its two ready nodes were taken, and others launched. */
async function aged(): Promise<
  { virtual: VirtualPool; copy: VirtualPool["store"]; inUse: readonly NodeRecord[] }
> {
  const virtual = await VirtualPool.start({ config: poolConfig({ minReady: 2, maxServers: 10, provider }) });
  await virtual.until(() => virtual.count("ready") === 2);
  const copy = virtual.copyState();
  await virtual.clock.advance(10 * MINUTE);
  const inUse = await virtual.acquire("small", 2);
  await virtual.until(() => virtual.count("ready") === 2);
  await virtual.clock.advance(50 * MINUTE);
  return { virtual, copy, inUse };
}

Deno.test("what a restored state calls ready is held, not handed out and not deleted; the pool goes on beside it", async () => {
  const { virtual, copy, inUse } = await aged();
  await using _ = virtual;
  const before = deletions(virtual);
  await virtual.restartOn(copy);
  const fresh = await virtual.acquire("small", 2);
  assert.ok(fresh.every(({ id }) => id > 4), `granted ${fresh.map(({ id }) => id)}`);
  await virtual.clock.advance(3 * HOUR);
  for (const { id } of inUse) {
    assert.equal(stateName(node(virtual, id)), "hold");
    assert.equal(node(virtual, id).comment, "from a restored state, may be in use");
  }
  assert.equal(deletions(virtual), before);
  assertAllThere(virtual, inUse);
  assert.match(problems(virtual), /provider main: .*older/);

  await virtual.during(virtual.ask("release", { ids: [inUse[0]!.id], result: null, job: null }));
  await virtual.during(virtual.ask("delete", { ids: [inUse[1]!.id], comment: "looked at" }));
  await virtual.until(() => inUse.every((each) => !virtual.exists(serverIdOf(each)!)));
});

Deno.test("a restored state is one at a later start too, and holds nothing that it launched itself", async () => {
  const { virtual, copy, inUse } = await aged();
  await using _ = virtual;
  await virtual.restartOn(copy);
  await virtual.until(() => virtual.count("ready") === 2);
  await virtual.restartOn(virtual.store);
  await virtual.clock.advance(HOUR);
  assert.deepEqual([virtual.count("ready"), virtual.count("hold")], [2, 2]);
  assertAllThere(virtual, inUse);
});

Deno.test("what a restored state has and the cloud has no more leaves the pool", async () => {
  const { virtual, copy, inUse } = await aged();
  await using _ = virtual;
  await virtual.during(virtual.ask("release", { ids: inUse.map(({ id }) => id), result: null, job: null }));
  await virtual.until(() => virtual.count() === 2);
  const before = deletions(virtual);
  await virtual.restartOn(copy);
  await virtual.until(() => virtual.count("ready") === 2 && virtual.count() === 2);
  assert.ok(virtual.pool.report().nodes.every(({ id }) => id > 4));
  assert.equal(deletions(virtual), before);
});

Deno.test("a restored node in deletion goes, one that is being built is held with its subnodes", async () => {
  const config = poolConfig({ minReady: 0, maxServers: 12, provider, label: "subnodes: 1" });
  await using virtual = await VirtualPool.start({ config, clouds: [{ bootTime: 30 * SECOND }] });
  const [first] = await virtual.acquire("small");
  await virtual.during(virtual.ask("release", { ids: [first!.id], result: null, job: null }));
  const spec = { label: "small", count: 1, job: null, client: null, deadline: null };
  await virtual.during(virtual.ask("request", spec));
  await virtual.until(() =>
    virtual.pool.report().nodes.filter(({ state }) => state.phase === "boot").length === 2
  );
  const copy = virtual.copyState();
  const [request] = virtual.pool.report().requests;
  const [inUse] = await virtual.during(virtual.granted(request!.id));
  await virtual.during(virtual.ask("request-confirm", { id: request!.id }));
  await virtual.acquire("small");
  const group = virtual.pool.report().nodes.filter(({ id, parentId }) =>
    id === inUse!.id || parentId === inUse!.id
  );
  const before = virtual.simulator.journal.count;
  await virtual.restartOn(copy);
  await virtual.clock.advance(20 * MINUTE);
  assert.deepEqual(group.map(({ id }) => stateName(node(virtual, id))), ["hold", "hold"]);
  assertAllThere(virtual, group);
  const deleted = virtual.simulator.journal.rows({ since: before }).filter(({ operation }) =>
    operation === "server.delete"
  );
  const ofGroup = new Set(group.map(serverIdOf));
  assert.ok(deleted.every(({ serverId }) => !ofGroup.has(serverId)));
  await virtual.during(virtual.ask("release", { ids: [inUse!.id], result: null, job: null }));
  await virtual.until(() => group.every((each) => !virtual.exists(serverIdOf(each)!)));
});

Deno.test("an adopted server keeps its floating IP as long as it is held, and gives it back with itself", async () => {
  const floating = `${provider}\n    pool: public\n    networks: [{name: private}]`;
  const config = poolConfig({ minReady: 1, maxServers: 10, provider: floating });
  await using one = await VirtualPool.start({ config });
  await one.until(() => one.count("ready") === 1);
  const copy = one.copyState();
  await one.acquire("small");
  await one.until(() => one.count("ready") === 1);
  await one.restartOn(copy);
  const { servers } = await one.during(
    one.ask("state-adopt", { dryRun: false }),
  );
  assert.equal(servers.length, 1);
  const nodeId = servers[0]!.nodeId!;
  const { floatingIp } = node(one, nodeId);
  assert.notEqual(floatingIp, null);
  await one.clock.advance(HOUR);
  assert.equal(one.simulator.journal.countOf("floatingip.delete"), 0);
  await one.during(one.ask("release", { ids: [nodeId], result: null, job: null }));
  await one.until(() => !one.pool.report().nodes.some(({ id }) => id === nodeId));
  assert.equal(one.simulator.journal.countOf("floatingip.delete"), 1);
});

Deno.test("floating IPs of another run whose servers are gone are reported, and deleted once they are adopted", async () => {
  const floating = `${provider}\n    pool: public\n    networks: [{name: private}]`;
  const config = poolConfig({ minReady: 1, maxServers: 10, provider: floating });
  await using one = await VirtualPool.start({ config });
  await one.until(() => one.count("ready") === 1);
  const copy = one.copyState();
  await one.restartOn(one.store);
  await one.acquire("small");
  await one.until(() => one.count("ready") === 1);
  const lost = one.pool.report().nodes.find(({ state }) => state.phase === "ready")!;
  await one.stopPool();
  const cloud = one.simulator.cloud();
  cloud.deleteServer(cloud.servers.standing().find(({ id }) => id === serverIdOf(lost))!);
  await one.clock.advance(MINUTE);
  await one.restartOn(copy);
  const { id, address } = lost.floatingIp!;
  await one.until(() => problems(one).includes("nodepool state adopt"));
  assert.ok(problems(one).includes(`floating IPs of this installation`), problems(one));
  await one.clock.advance(HOUR);
  assert.ok(problems(one).includes(`that no server has: ${address}; `), problems(one));
  assert.ok(cloud.network.floatingIps.has(id), "another daemon may be about to use it");

  const adopt = (dryRun: boolean) => one.during(one.ask("state-adopt", { dryRun }));
  const floatingIps = [{ provider: "main", id, address }];
  assert.deepEqual(await adopt(true), { servers: [], floatingIps, held: [], warnings: [] });
  assert.ok(cloud.network.floatingIps.has(id));
  assert.deepEqual(await adopt(false), { servers: [], floatingIps, held: [], warnings: [] });
  await one.until(() => !cloud.network.floatingIps.has(id));
  await one.until(() => !problems(one).includes("state adopt") && one.count("delete") === 0);
});

Deno.test("an adoption that cannot list the floating IPs says so, and adopts the servers all the same", async () => {
  const config = poolConfig({ minReady: 1, maxServers: 10, provider });
  await using one = await VirtualPool.start({ config });
  await one.until(() => one.count("ready") === 1);
  const copy = one.copyState();
  await one.acquire("small");
  await one.until(() => one.count("ready") === 1);
  await one.restartOn(copy);
  one.simulator.arm({ fault: 1, probability: 1, operation: "floatingip.list" });
  const { servers, warnings } = await one.during(one.ask("state-adopt", { dryRun: false }));
  assert.equal(servers.length, 1);
  assert.match(warnings.join("\n"), /^cannot list the floating IPs of main: .*500/);
});

for (const stoppedFirst of [false, true]) {
  const when = stoppedFirst ? "was stopped" : "runs";
  Deno.test(`two daemons on copies of one state that was copied while the daemon ${when} delete nothing of each other`, async () => {
    const config = poolConfig({ minReady: 2, maxServers: 20, provider });
    await using one = await VirtualPool.start({ config });
    await one.until(() => one.count("ready") === 2);
    if (stoppedFirst) await one.stopPool();
    const copy = one.copyState();
    if (stoppedFirst) await one.startPool();
    await one.clock.advance(MINUTE);
    const ofOne = await one.acquire("small", 2);
    await using two = await VirtualPool.start({ config, beside: one, store: copy, random: 7 });
    await one.clock.advance(10 * MINUTE);
    const before = deletions(one);
    await one.clock.advance(3 * HOUR);
    assertAllThere(one, ofOne);
    assertAllThere(one, [...one.pool.report().nodes, ...two.pool.report().nodes]);
    assert.equal(deletions(one), before);
    // A provider on which one stands still shows the other nothing foreign.
    const frozen = /provider main: frozen: .*nodepool state adopt/;
    assert.match(problems(stoppedFirst ? two : one), frozen);
    assert.match(problems(two), /provider main: /);
    assert.ok(
      two.pool.report().nodes.filter(({ id }) => id <= 2).every((each) => stateName(each) === "hold"),
    );
  });
}

Deno.test("a copy of a state with a waiting request hands its nodes to nobody, and does not delete them", async () => {
  const config = poolConfig({ minReady: 1, maxServers: 20, provider });
  await using one = await VirtualPool.start({ config, clouds: [{ bootTime: 30 * SECOND }] });
  await one.until(() => one.count("ready") === 1);
  const asked = one.acquire("small", 3);
  await one.clock.advance(5 * SECOND);
  await using two = await VirtualPool.start({ config, beside: one, store: one.copyState(), random: 7 });
  await two.clock.advance(MINUTE);
  const inUse = await asked;
  await one.clock.advance(HOUR);
  assertAllThere(one, inUse);
  for (const { id } of inUse) assert.notEqual(stateName(node(two, id)), "used");
});

Deno.test("a request outlasts a restart: its client comes back and gets its nodes", async () => {
  const config = poolConfig({ minReady: 2, provider });
  await using virtual = await VirtualPool.start({ config });
  const spec = { label: "small", count: 2, job: null, client: null, deadline: null };
  const { id } = await virtual.during(virtual.ask("request", spec));
  await virtual.killPool();
  await virtual.startPool();
  await virtual.until(() => virtual.count("ready") >= 2);
  await virtual.clock.advance(10 * SECOND);
  assert.equal(virtual.count("used"), 0);
  const request = virtual.pool.report().requests[0]!;
  assert.equal(request.waitingOn!.message, "its client has not reconnected since the daemon started");
  const nodes = await virtual.during(virtual.granted(id), SECOND);
  assert.equal(nodes.length, 2);
});

Deno.test("a frozen provider records releases, launches nothing, and says why each node waits", async () => {
  const config = poolConfig({ minReady: 2, maxServers: 20, provider });
  await using one = await VirtualPool.start({ config });
  await one.until(() => one.count("ready") === 2);
  await using two = await VirtualPool.start({ config, beside: one, store: one.copyState(), random: 7 });
  const [taken] = await one.acquire("small");
  // The other has two, and launches a third for the request: that one tells.
  await two.acquire("small", 2);
  await one.clock.advance(3 * MINUTE);
  assert.match(problems(one), /main/);
  const before = deletions(one);
  await one.during(one.ask("release", { ids: [taken!.id], result: "SUCCESS", job: null }));
  await one.clock.advance(10 * MINUTE);
  assert.equal(stateName(node(one, taken!.id)), "delete");
  assert.match(node(one, taken!.id).waitingOn!.message, /nodepool state adopt/);
  assert.equal(deletions(one), before);
  const spec = { label: "small", count: 1, job: null, client: null, deadline: null };
  const created = one.simulator.journal.countOf("server.create");
  await one.during(one.ask("request", spec));
  await one.clock.advance(20 * SECOND);
  assert.match(one.pool.report().requests[0]!.waitingOn!.message, /nodepool state adopt/);
  assert.equal(one.simulator.journal.countOf("server.create"), created);

  await two.stopPool();
  const adopted = await one.during(
    one.ask("state-adopt", { dryRun: false }),
  );
  assert.ok(adopted.servers.length > 0);
  await one.until(() => one.count("ready") === 2 && one.count("delete") === 0);
  for (const { nodeId } of adopted.servers) assert.equal(stateName(node(one, nodeId!)), "hold");
  assert.doesNotMatch(problems(one), /state adopt/);
  await one.during(
    one.ask("delete", { ids: adopted.servers.map(({ nodeId }) => nodeId!), comment: "not used" }),
  );
  await one.until(() => one.count("delete") === 0);
  assert.ok(adopted.servers.every(({ serverId }) => !one.exists(serverId)));
});

Deno.test("a machine that comes out of its suspension, or is a clone of one, goes on as another run", async () => {
  const config = poolConfig({ minReady: 2, maxServers: 10, provider });
  await using virtual = await VirtualPool.start({ config });
  await virtual.until(() => virtual.count("ready") === 2);
  virtual.clock.stepWall(MINUTE);
  const [taken] = await virtual.acquire("small");
  await virtual.until(() => virtual.count("ready") === 2);
  const servers = virtual.simulator.cloud().servers.standing();
  const runs = new Set(servers.map(({ metadata }) => metadata["nodepool_run"]));
  assert.equal(runs.size, 2, "what is launched from then on is told from what the original launches");

  // Both are its own.
  assert.doesNotMatch(problems(virtual), /state adopt|does not know/);
  await virtual.during(virtual.ask("release", { ids: [taken!.id], result: "SUCCESS", job: null }));
  await virtual.until(() => virtual.count() === 2);
  virtual.clock.stepWall(-MINUTE);
  await virtual.acquire("small");
  await virtual.until(() => virtual.count("ready") === 2);
  const later = virtual.simulator.cloud().servers.standing().map(({ metadata }) => metadata["nodepool_run"]);
  assert.ok(later.every((run) => runs.has(run)), "setting the clock back makes no copy");
});
