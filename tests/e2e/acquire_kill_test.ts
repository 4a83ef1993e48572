/**
 * `acquire` while daemons and clients are killed: a client that waits gets its nodes from the next daemon, nobody gets
 * a node that somebody else has, and what a dead client was given goes back.
 */
import assert from "node:assert/strict";
import { systemClock } from "../../src/lib/clock.ts";
import { type Random, seededRandom } from "../../src/lib/random.ts";
import { AcquireClient, configOf, isUp, requests } from "./acquire_client.ts";
import { RunningPool } from "./running_pool.ts";

const STOPPED = "nodepool: the daemon is stopped; waiting for the next one\n";

Deno.test("acquire gets its nodes from the next daemon, whether the last one was killed or told to stop", async (t) => {
  const clouds = [{ bootTime: 1_000, deleteTime: 50 }];
  await using pool = await RunningPool.start({ config: configOf(0), clouds });
  for (const [signal, code] of [["SIGKILL", 128 + 9], ["SIGTERM", 0]] as const) {
    await t.step(signal, async () => {
      pool.startDaemon();
      await pool.until(async () => await isUp(pool));
      const client = new AcquireClient(pool, "--count", "2", "--wait", "60s");
      await pool.until(async () => (await requests(pool)).join() === "waiting", { every: 20 });
      assert.equal(await pool.stopDaemon(signal), code);
      await pool.until(() => client.complaints === STOPPED, { every: 20 });
      pool.startDaemon();
      assert.equal(await client.ended(), 0, client.stderr);
      assert.deepEqual([client.ids.length, client.complaints], [2, STOPPED]);
      const used = (await pool.nodes()).filter(({ state }) => state === "used").map(({ id }) => id);
      assert.deepEqual([used, await requests(pool)], [client.ids, []]);
      assert.equal((await pool.run("delete", ...used.map(String), "--now")).code, 0);
      assert.equal(await pool.stopDaemon(), 0);
    });
  }
});

/** How often the daemon is killed, at random instants of its life, every third time while a client waits. */
const KILLS = 12;
const CLIENTS = 4;
/** So many nodes are handed out at least. */
const LEAST = 20;
/** Part of the clients that are killed, at random instants too. */
const KILLED = 0.15;

/** Clients that take nodes, give them back, and are killed now and then. */
class Traffic {
  /** Each node that a client printed. */
  readonly acquired: number[] = [];
  readonly failures: string[] = [];
  /** Clients that got their nodes from another daemon than they had asked. */
  outlasting = 0;
  readonly #pool: RunningPool;
  readonly #random: Random;

  constructor(pool: RunningPool, random: Random) {
    this.#pool = pool;
    this.#random = random;
  }

  async run(signal: AbortSignal): Promise<void> {
    const one = async () => {
      while (!signal.aborted) await this.#acquire();
    };
    await Promise.all(Array.from({ length: CLIENTS }, one));
  }

  async #acquire(): Promise<void> {
    const client = new AcquireClient(
      this.#pool,
      "--count",
      String(1 + this.#random.integer(2)),
      "--wait",
      "2m",
    );
    const isKilled = this.#random.float() < KILLED;
    if (isKilled) {
      await systemClock.sleep(this.#random.integer(400));
      client.kill("SIGKILL");
    }
    const code = await client.ended();
    const { ids, stdout, stderr, complaints } = client;
    // 3: there was no daemon just when it began. Later ones are waited for.
    const isFine = code === 0 || (code === 3 && stdout === "") || (isKilled && code === 128 + 9);
    if (!isFine) this.failures.push(`${code}: ${stderr}${stdout}`);
    if (code === 0 && complaints === STOPPED) this.outlasting++;
    this.acquired.push(...ids);
    await Promise.all(ids.map((id) => this.#release(id)));
  }

  /** As often as it takes: daemons come and go. */
  async #release(id: number): Promise<void> {
    for (;;) {
      const { code, stderr } = await this.#pool.run("release", String(id), "--result", "SUCCESS");
      if (code === 0 || stderr.includes(`node ${id} has been gone since `)) return;
      if (!/did not answer|in use by|stopping/.test(stderr)) {
        return void this.failures.push(`release: ${stderr}`);
      }
    }
  }
}

Deno.test("however daemons and clients are killed, no node is given twice and none stays taken", async () => {
  const seed = Number(Deno.env.get("NODEPOOL_TEST_SEED") ?? 20_160_501);
  console.log(`seed ${seed}; NODEPOOL_TEST_SEED=${seed} repeats it`);
  const random = seededRandom(seed);
  const clouds = [{ bootTime: { mean: 200, jitter: 100 }, deleteTime: 50, latency: { mean: 10, jitter: 5 } }];
  await using pool = await RunningPool.start({ config: configOf(4), seed, clouds });
  pool.startDaemon();
  await pool.until(() => isUp(pool), { every: 20 });
  const traffic = new Traffic(pool, random);
  const over = new AbortController();
  const running = traffic.run(over.signal);
  const isWaitedFor = async () => (await requests(pool)).includes("waiting");
  for (let kills = 0; kills < KILLS; kills++) {
    await systemClock.sleep(100 + random.integer(900));
    if (kills % 3 === 0) await pool.until(isWaitedFor, { every: 20 });
    await pool.stopDaemon("SIGKILL");
    pool.startDaemon();
    await pool.until(() => isUp(pool), { every: 20 });
  }
  await pool.until(() => traffic.acquired.length >= LEAST);
  over.abort();
  await running;

  assert.deepEqual(traffic.failures, []);
  const twice = traffic.acquired.filter((id, index) => traffic.acquired.indexOf(id) !== index);
  assert.deepEqual(twice, [], "nodes were given to two clients");
  console.log(`${traffic.acquired.length} nodes; ${traffic.outlasting} clients outlasted their daemon`);
  assert.ok(traffic.outlasting > 0);
  // What clients had been granted when they were killed goes back after 30 s.
  await pool.until(async () => await pool.count("used") === 0 && (await requests(pool)).length === 0);
  await pool.until(async () =>
    await pool.count("ready") >= 4 && await pool.count() === await pool.count("ready")
  );
  assert.equal(pool.simulator.cloud().servers.counts().standing, await pool.count());
});
