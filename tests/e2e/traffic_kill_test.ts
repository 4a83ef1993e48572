/**
 * kill -9 of the daemon at thirty seeded instants while fifty clients take nodes and give them back: they come back to
 * the next daemon, nobody is given what somebody else has, and no node or server is left over.
 */
import assert from "node:assert/strict";
import type { Instant } from "../../src/domain/time.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { type Random, seededRandom } from "../../src/lib/random.ts";
import { assertBootedOnce, assertGivenOnce, assertGrantedInOrder, assertNoneLeaked } from "./fair_shares.ts";
import { RunningPool } from "./running_pool.ts";
import { Traffic } from "./traffic.ts";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { isAtRest, randomJob, trafficCloud, WATCHED } from "./traffic_pool.ts";

const KILLS = 30;
const CLIENTS = 50;
/** By label; the last one's nodes are launched for who waits. */
const MIN_READY = { small: 30, medium: 20, large: 10, rare: 0 };
const SIZE = 60;
/** Part of the kills that fall into a daemon's first moments, whatever it has come to by then. */
const EARLY = 0.3;
/** Longest life of such a daemon, in milliseconds. */
const EARLY_LIFE = 1_000;
/** Most answers that any other daemon gives before it is killed: a count, as machines differ in speed. */
const ANSWERS = 80;

/** @returns when each daemon had ended */
async function killAgainAndAgain(
  pool: RunningPool,
  traffic: Traffic,
  random: Random,
): Promise<readonly Instant[]> {
  const ends: Instant[] = [];
  for (let kills = 0; kills < KILLS; kills++) {
    if (random.float() < EARLY) {
      await systemClock.sleep(random.integer(EARLY_LIFE));
    } else {
      const answers = traffic.grants.length + random.integer(ANSWERS);
      await pool.until(() => traffic.grants.length >= answers, { every: 1 });
    }
    await pool.stopDaemon("SIGKILL");
    ends.push(systemClock.now());
    pool.startDaemon();
  }
  return ends;
}

/** No job has a node any more, and nobody waits for one. */
async function assertNobodyServed(pool: RunningPool): Promise<void> {
  await using daemon = (await pool.connect())!;
  const { requests } = await daemon.ask("request-list", {});
  assert.deepEqual(requests.map(({ id, state }) => `${id} ${state}`), [], "requests are left over");
}

Deno.test("fifty clients are served in turn by daemons killed at thirty instants, and nothing is left over", async () => {
  const seed = Number(Deno.env.get("NODEPOOL_TEST_SEED") ?? 20_160_702);
  console.log(`seed ${seed}; NODEPOOL_TEST_SEED=${seed} repeats it`);
  const random = seededRandom(seed);
  const config = oneCloudConfig({ labels: MIN_READY, maxServers: 150 });
  await using pool = await RunningPool.start({ config, seed, clouds: [trafficCloud] });
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === SIZE);
  assert.equal((await pool.run("job-create", WATCHED.job, "--hold-on-failure", "3")).code, 0);

  const traffic = new Traffic(pool);
  const jobs = seededRandom(seed + 1);
  let isOver = false;
  const running = traffic.run({ clients: CLIENTS, nextJob: () => isOver ? null : randomJob(jobs) });
  const killing = killAgainAndAgain(pool, traffic, random).finally(() => isOver = true);
  const [, restarts] = await Promise.all([running, killing]);
  await pool.until(() => isAtRest(pool, { held: WATCHED.holdOnFailure, ready: SIZE }));

  assert.ok(traffic.grants.length > 10 * KILLS, `only ${traffic.grants.length} jobs were run`);
  assertGivenOnce(traffic.grants);
  await assertGrantedInOrder(pool, { restarts });
  await assertNobodyServed(pool);
  // Who asks again, as the answer got lost, may hear that the node is gone already.
  const isGone = (id: number, message: string) => message.startsWith(`node ${id} has been gone since `);
  const failed = traffic.ends.filter(({ id, ok, message }) => !ok && !isGone(id, message));
  assert.deepEqual(failed, []);

  const given = new Set(traffic.grants.flatMap(({ nodes }) => nodes));
  const known = new Set([...given, ...(await pool.nodes()).map(({ id }) => id)]);
  const booted = assertBootedOnce(pool);
  assert.deepEqual([...booted].filter((id) => !known.has(id)), [], "nodes went without having been given");
  await assertNoneLeaked(pool);
  assert.equal(await pool.stopDaemon(), 0);
});
