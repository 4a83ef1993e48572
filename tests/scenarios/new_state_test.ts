/** The first start on a new state: clouds that hold servers of another installation are not launched beside. */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { createMemoryStore } from "../../src/store/memory_store.ts";
import { viewReadiness } from "../../src/views/health.ts";
import { listProblems } from "../../src/views/list_problems.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

const config = poolConfig({ minReady: 2, maxServers: 10 });

/** The pool's nodes are ready, and then its state is lost. */
async function withLostState(
  options: { config?: string; clouds?: { name: string }[] } = {},
): Promise<VirtualPool> {
  const virtual = await VirtualPool.start({ config, ...options });
  await virtual.until(() => virtual.count("ready") === 2);
  await virtual.stopPool();
  loseState(virtual, 9);
  return virtual;
}

function loseState(virtual: VirtualPool, seed: number): void {
  Object.assign(virtual, { store: createMemoryStore({ clock: virtual.clock, random: seededRandom(seed) }) });
}

function problems(virtual: VirtualPool): string {
  return listProblems(virtual.pool.report()).join("\n");
}

Deno.test("nothing is launched on a new state while another installation's servers are there, and the pool says so", async () => {
  await using virtual = await withLostState();
  await virtual.startPool();
  await virtual.clock.advance(10 * MINUTE);
  assert.equal(virtual.count(), 0);
  assert.equal(virtual.servers(), 2, "nothing is deleted either");
  assert.match(
    problems(virtual),
    /the state is new, but 2 servers of installation \S+ \(2 on main\) are on the clouds/,
  );
  const { ready, reasons } = viewReadiness(virtual.pool.report());
  assert.equal(ready, false);
  assert.match(reasons.join(), /--new-state/);

  await virtual.stopPool();
  await virtual.startPool();
  await virtual.clock.advance(10 * MINUTE);
  assert.equal(virtual.servers(), 2, "the next start has forgotten that it is new");
});

Deno.test("--new-state begins a new pool beside them, also after the next start without it", async () => {
  await using virtual = await withLostState();
  await virtual.startPool({ newState: true });
  await virtual.until(() => virtual.count("ready") === 2);
  assert.equal(virtual.servers(), 4);
  await virtual.stopPool();
  await virtual.startPool();
  await virtual.clock.advance(10 * MINUTE);
  assert.equal(problems(virtual), "");
  assert.equal(virtual.count("ready"), 2);
});

Deno.test("once the servers are gone the pool goes on by itself", async () => {
  await using virtual = await withLostState();
  await virtual.startPool();
  await virtual.clock.advance(MINUTE);
  assert.equal(virtual.count(), 0);
  const cloud = virtual.simulator.cloud();
  for (const server of [...cloud.servers.standing()]) cloud.deleteServer(server);
  await virtual.until(() => virtual.count("ready") === 2);
  assert.equal(problems(virtual), "");
});

Deno.test("servers made through a provider of another name are somebody else's, who shares the project", async () => {
  await using virtual = await withLostState();
  await virtual.startPool({ config: config.replaceAll("name: main", "name: other") });
  await virtual.until(() => virtual.count("ready") === 2);
  assert.equal(virtual.servers(), 4);
});

Deno.test("a provider that does not answer at the first start delays the others no longer than before", async () => {
  const clouds = ["alpha", "beta"].map((name) => ({ name }));
  const two = (minReady: number) => poolConfig({ minReady, clouds: ["alpha", "beta"] });
  await using virtual = await VirtualPool.start({ config: two(0), clouds });
  await virtual.stopPool();
  loseState(virtual, 9);
  virtual.simulator.arm({ fault: 23, cloud: "beta" });
  const startedAt = virtual.clock.monotonic();
  await virtual.startPool({ config: two(2) });
  await virtual.until(() => virtual.count() > 0);
  assert.ok(virtual.clock.monotonic() - startedAt < 6 * SECOND);
});
