/**
 * Credentials that lead to another project, where lists show none of the pool's servers and each is unknown by its id:
 * nothing is concluded from that. And servers that a cloud has again after it has called them gone. Virtual time.
 */
import assert from "node:assert/strict";
import { serverIdOf, stateName } from "../../src/domain/node.ts";
import { MINUTE } from "../../src/domain/time.ts";
import { viewStatus } from "../../src/views/status.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

const HERE = poolConfig({ minReady: 2, maxServers: 8 });
const THERE = HERE.replace("cloud: simulator", "cloud: other");

async function poolOfTwoProjects(): Promise<VirtualPool> {
  const virtual = await VirtualPool.start({
    config: HERE,
    clouds: [{ name: "simulator" }, { name: "other", project: "other" }],
  });
  await virtual.acquire("small", 3);
  await virtual.until(() => virtual.count("ready") === 2);
  await virtual.clock.advance(MINUTE);
  return virtual;
}

function problems(virtual: VirtualPool): string {
  return viewStatus(virtual.pool.report()).problems.join("\n");
}

function operations(virtual: VirtualPool, operation: string): number {
  return virtual.simulator.journal.rows().filter((row) => row.operation === operation).length;
}

for (const way of ["while it runs", "and is started again"] as const) {
  Deno.test(`a provider whose credentials come to lead to another project ${way} ends no node`, async () => {
    await using virtual = await poolOfTwoProjects();
    if (way === "while it runs") await virtual.reconfigure(THERE);
    else {
      await virtual.stopPool();
      await virtual.startPool({ config: THERE });
    }
    await virtual.clock.advance(20 * MINUTE);
    assert.deepEqual([virtual.count("used"), virtual.count("ready")], [3, 2]);
    assert.equal(virtual.servers("other"), 0);
    assert.match(
      problems(virtual),
      /main.*its credentials lead to project .*, but the pool's servers are in/,
    );

    await virtual.reconfigure(HERE);
    await virtual.clock.advance(20 * MINUTE);
    assert.deepEqual([virtual.count("used"), virtual.count("ready")], [3, 2]);
    assert.equal(virtual.servers("simulator"), 5);
    assert.equal(problems(virtual), "");
    assert.equal(operations(virtual, "server.delete"), 0);
  });
}

Deno.test("whoever deletes what the pool has elsewhere has the pool go on in the new project", async () => {
  await using virtual = await poolOfTwoProjects();
  await virtual.reconfigure(THERE);
  await virtual.clock.advance(MINUTE);
  const ids = virtual.pool.report().nodes.map(({ id }) => id);
  await virtual.during(virtual.ask("delete", { ids, comment: "given up" }));
  await virtual.until(() => virtual.count("ready") === 2);
  assert.equal(virtual.servers("other"), 2);
  assert.equal(virtual.servers("simulator"), 5);
  assert.equal(problems(virtual), "");
});

Deno.test("nodes whose jobs end while credentials lead to another project are deleted where they are, later", async () => {
  await using virtual = await poolOfTwoProjects();
  const used = virtual.pool.report().nodes.filter((node) => stateName(node) === "used");
  await virtual.reconfigure(THERE);
  await virtual.clock.advance(MINUTE);
  const ids = used.map(({ id }) => id);
  await virtual.during(virtual.ask("release", { ids, result: "SUCCESS", job: null }));
  await virtual.clock.advance(20 * MINUTE);
  assert.equal(virtual.count("delete"), 3, "they are not given up");
  assert.equal(operations(virtual, "server.delete"), 0, "and nobody else is asked");
  assert.match(problems(virtual), /its credentials lead to project/);

  await virtual.reconfigure(HERE);
  await virtual.until(() => virtual.count("delete") === 0);
  assert.equal(virtual.servers("simulator"), virtual.count());
  assert.equal(problems(virtual), "");
});

Deno.test("a pool whose jobs all end while its credentials lead elsewhere does not move there", async () => {
  const config = poolConfig({ minReady: 0 });
  await using virtual = await VirtualPool.start({
    config,
    clouds: [{ name: "simulator" }, { name: "other", project: "other" }],
  });
  const used = await virtual.acquire("small", 2);
  await virtual.clock.advance(MINUTE);
  await virtual.reconfigure(config.replace("cloud: simulator", "cloud: other"));
  await virtual.clock.advance(MINUTE);
  const ids = used.map(({ id }) => id);
  await virtual.during(virtual.ask("release", { ids, result: "SUCCESS", job: null }));
  await virtual.clock.advance(20 * MINUTE);
  assert.equal(virtual.count("delete"), 2);
  assert.match(problems(virtual), /its credentials lead to project/);
  await virtual.during(virtual.ask("delete", { ids, comment: "given up" }));
  await virtual.until(() => virtual.count() === 0);
  assert.equal(problems(virtual), "");
});

Deno.test("nothing is deleted or lost once a login leads to another project under the same name", async () => {
  let isMoved = false;
  let omitted = "";
  await using virtual = await VirtualPool.start({
    config: HERE,
    changeCloud: (cloud) => ({
      ...cloud,
      listServers: async (call) => {
        const listing = await cloud.listServers(call);
        const servers = listing.servers.filter(({ id }) => !isMoved && id !== omitted);
        return { ...listing, servers, ...(isMoved && { place: { project: "another", region: null } }) };
      },
      getServer: (id, call) => isMoved ? Promise.resolve("gone") : cloud.getServer(id, call),
      deleteServer: (id, call) => isMoved ? Promise.resolve("gone") : cloud.deleteServer(id, call),
    }),
  });
  const used = await virtual.acquire("small", 4);
  await virtual.until(() => virtual.count("ready") === 2);
  omitted = serverIdOf(used[3]!)!;
  await virtual.clock.advance(2 * MINUTE);
  isMoved = true;
  await virtual.clock.advance(2 * MINUTE);
  const ids = used.slice(0, 3).map(({ id }) => id);
  await virtual.during(virtual.ask("release", { ids, result: "SUCCESS", job: null }));
  await virtual.clock.advance(20 * MINUTE);
  assert.deepEqual([virtual.count("delete"), virtual.count("used")], [3, 1]);
  isMoved = false;
  await virtual.until(() => virtual.count("delete") === 0, 20 * MINUTE);
  assert.equal(virtual.servers("simulator"), virtual.count());
});

Deno.test("servers that the cloud called gone while they were in use, and has again, are not deleted", async () => {
  await using virtual = await VirtualPool.start({ config: HERE });
  const used = await virtual.acquire("small", 2);
  await virtual.clock.advance(MINUTE);
  const { servers } = virtual.simulator.cloud("simulator");
  const { get, standing, changedSince } = servers;
  // As after a proxy that leads to another Nova: it knows none of them.
  Object.assign(servers, { get: () => undefined, standing: () => [], changedSince: () => [] });
  await virtual.until(() => virtual.count("used") === 0);
  Object.assign(servers, { get, standing, changedSince });
  await virtual.clock.advance(20 * MINUTE);
  assert.deepEqual(used.map((node) => virtual.exists(virtual.serverOf(node).id)), [true, true]);
});
