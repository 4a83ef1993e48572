/**
 * kill -9 of the daemon at fifty seeded instants while nodes are launched, granted, used, held and deleted: the pool
 * continues where it left off. What was done on the cloud is read from the simulator's journal.
 */
import assert from "node:assert/strict";
import type { PoolClient } from "../../src/control/pool_client.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { type Random, seededRandom } from "../../src/lib/random.ts";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { RunningPool } from "./running_pool.ts";

/** Of each of two pools; they run side by side, since most of the time is waiting. */
const KILLS = 25;
const SIZE = 20;
/** Part of the kills that fall into the first moments of a daemon, before the pool is whole again. */
const EARLY = 0.35;

/** Used and held nodes stay few, so that there is always room for those that are to be ready. */
const USED_AT_MOST = 10;
const HELD_AT_MOST = 4;

const configOf = (minReady: number) =>
  oneCloudConfig({
    labels: { small: minReady },
    maxServers: 60,
    provider: "networks: [{name: private}]\n    pool: public",
  });

const cloud = {
  bootTime: { mean: 600, jitter: 300 },
  deleteTime: { mean: 300, jitter: 200 },
  latency: { mean: 30, jitter: 25 },
};

/** Takes nodes and gives them back, holds and deletes some, until the daemon dies. */
class Traffic {
  /** Request by node: a node is handed out once in its life. */
  readonly granted = new Map<number, number>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Several clients at once, each doing one thing after the other. */
  async run(pool: RunningPool, signal: AbortSignal): Promise<void> {
    const client = async () => {
      while (!signal.aborted) await this.#act(pool, signal);
    };
    await Promise.all([client(), client(), client()]);
  }

  async #act(pool: RunningPool, signal: AbortSignal): Promise<void> {
    try {
      await using daemon = await pool.connect();
      if (daemon !== null) await this.#actOn(daemon);
      await systemClock.sleep(this.#random.integer(60), { signal });
    } catch (error) {
      // A daemon that is being killed leaves its clients without an answer.
      if (!signal.aborted && !/did not answer/.test(String(error))) throw error;
    }
  }

  async #actOn(daemon: PoolClient): Promise<void> {
    const { nodes } = await daemon.ask("node-list", {});
    const inState = (state: string) => nodes.filter((node) => node.state === state).map(({ id }) => id);
    const [ready, used, held] = [inState("ready"), inState("used"), inState("hold")];
    const chance = this.#random.float();
    if (used.length > USED_AT_MOST || (chance < 0.4 && used.length > 0)) {
      await daemon.ask("release", { ids: [this.#random.pick(used)], result: "SUCCESS", job: null });
    } else if (chance < 0.85) {
      await this.#acquire(daemon);
    } else if (held.length < HELD_AT_MOST && ready.length > 0) {
      await daemon.ask("hold", {
        ids: [this.#random.pick(ready)],
        reason: null,
        owner: null,
        duration: null,
      });
    } else if (held.length > 0) {
      await daemon.ask("delete", { ids: [this.#random.pick(held)], comment: "seen enough" });
    }
  }

  async #acquire(daemon: PoolClient): Promise<void> {
    const spec = {
      label: "small",
      count: 1 + this.#random.integer(2),
      job: null,
      client: null,
      deadline: null,
    };
    const { id } = await daemon.ask("request", spec);
    const { nodes } = await daemon.ask("request-grant", { id });
    for (const node of nodes) {
      const before = this.granted.get(node.id);
      assert.equal(before, undefined, `node ${node.id} went to request ${before} and to ${id}`);
      this.granted.set(node.id, id);
    }
    await daemon.ask("request-confirm", { id });
  }
}

/** Nothing is under way and as many as shall be are ready; withdrawn requests may leave some more. */
async function isWhole(pool: RunningPool): Promise<boolean> {
  const nodes = await pool.nodes();
  const count = (state: string) => nodes.filter((node) => node.state === state).length;
  return count("ready") >= SIZE && count("building") + count("delete") === 0;
}

async function waitingRequests(pool: RunningPool): Promise<number> {
  return JSON.parse((await pool.run("request-list", "-o", "json")).stdout).requests.length;
}

/** The journal has at most one server made for each node. */
function assertCreatedOnce(pool: RunningPool): void {
  const made = pool.simulator.journal.rows().filter((row) => row.operation === "server.create" && row.effect);
  for (const [node, rows] of Map.groupBy(made, ({ nodeId }) => nodeId)) {
    assert.ok(node !== null, `server ${rows[0]?.serverId} carries no node's mark`);
    assert.equal(rows.length, 1, `node ${node} has servers ${rows.map(({ serverId }) => serverId)}`);
  }
}

async function kill(pool: RunningPool, traffic: Traffic, random: Random): Promise<void> {
  pool.startDaemon();
  using over = { done: new AbortController(), [Symbol.dispose]: () => over.done.abort() };
  const early = random.float() < EARLY;
  if (!early) await pool.until(() => isWhole(pool), { every: 50 });
  const running = traffic.run(pool, over.done.signal);
  await Promise.race([running, systemClock.sleep(random.integer(1_500))]);
  await pool.stopDaemon("SIGKILL");
  over.done.abort();
  await running;
}

async function emptyPool(pool: RunningPool): Promise<void> {
  await pool.configure(configOf(0));
  await using daemon = (await pool.connect())!;
  await daemon.ask("reload", {});
  const ids = (await pool.nodes()).map(({ id }) => String(id));
  const { code, stderr } = await pool.run("delete", ...ids, "--now");
  assert.equal(code, 0, stderr);
}

async function killAgainAndAgain(seed: number): Promise<void> {
  const random = seededRandom(seed);
  await using pool = await RunningPool.start({ config: configOf(SIZE), seed, clouds: [cloud] });
  const traffic = new Traffic(random);
  for (let kills = 0; kills < KILLS; kills++) {
    await kill(pool, traffic, random);
    assertCreatedOnce(pool);
  }
  pool.startDaemon();
  // Requests whose clients do not come back are withdrawn half a minute after the start; until then they ask for nodes.
  await pool.until(async () => (await waitingRequests(pool)) === 0 && await isWhole(pool));
  assert.ok(traffic.granted.size > KILLS, `only ${traffic.granted.size} nodes were handed out`);
  const waiting = (await pool.nodes()).filter(({ waiting_on }) => waiting_on !== null);
  assert.deepEqual(waiting, [], "nodes that wait for nothing still say that they do");

  await emptyPool(pool);
  assertCreatedOnce(pool);
  const { servers, network: { floatingIps } } = pool.simulator.cloud();
  assert.equal(servers.counts().standing, 0, "servers are left over");
  assert.equal(floatingIps.size, 0, "floating IPs are left over");
  assert.equal(await pool.count(), 0);
  assert.equal(await pool.stopDaemon(), 0);
}

Deno.test("pools whose daemons are killed at fifty instants boot no server twice and leave none behind", async () => {
  const seed = Number(Deno.env.get("NODEPOOL_TEST_SEED") ?? 20_160_501);
  console.log(`seeds ${seed} and ${seed + 1}; NODEPOOL_TEST_SEED=${seed} repeats them`);
  await Promise.all([killAgainAndAgain(seed), killAgainAndAgain(seed + 1)]);
});
