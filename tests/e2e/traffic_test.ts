/**
 * Two thousand jobs of fifty clients on a pool of two hundred nodes: nobody is given what somebody else has, no node
 * is lost, everybody is served in turn, each job's end is acted on, and the daemon's memory stays as it is.
 */
import assert from "node:assert/strict";
import { memoryMib } from "../../scripts/bench/process_use.ts";
import { autoHoldReason } from "../../src/domain/auto_hold.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { assertBootedOnce, assertGivenOnce, assertGrantedInOrder, assertNoneLeaked } from "./fair_shares.ts";
import { RunningPool } from "./running_pool.ts";
import { Traffic } from "./traffic.ts";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { isAtRest, randomJob, trafficCloud, WATCHED } from "./traffic_pool.ts";

const JOBS = 2_000;
const CLIENTS = 50;
/** Jobs after which the daemon's memory is what it is to stay: its heap grows to that size at first. */
const WARM_UP = 1_000;
/** What it may grow by in as many jobs again, in MiB: a tenth is usual, as the garbage collector takes its time. */
const LEEWAY = 50;

/** By label; the last one's nodes are launched for who waits. */
const MIN_READY = { small: 100, medium: 70, large: 30, rare: 0 };
const SIZE = 200;
Deno.test("two thousand jobs of fifty clients are each given nodes of their own, in turn, and none is lost", async () => {
  const seed = Number(Deno.env.get("NODEPOOL_TEST_SEED") ?? 20_160_701);
  console.log(`seed ${seed}; NODEPOOL_TEST_SEED=${seed} repeats it`);
  const random = seededRandom(seed);
  const config = oneCloudConfig({ labels: MIN_READY, maxServers: 260 });
  await using pool = await RunningPool.start({ config, seed, clouds: [trafficCloud] });
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === SIZE);
  await using daemon = (await pool.connect())!;
  await daemon.ask("job-create", WATCHED);

  const traffic = new Traffic(pool);
  const runJobs = async (count: number) => {
    let left = count;
    await traffic.run({ clients: CLIENTS, nextJob: () => left-- > 0 ? randomJob(random) : null });
  };
  await runJobs(WARM_UP);
  const warm = await memoryMib(pool.pid);
  await runJobs(JOBS - WARM_UP);
  const end = await memoryMib(pool.pid);
  await pool.until(() => isAtRest(pool, { held: WATCHED.holdOnFailure, ready: SIZE }));

  assert.equal(traffic.grants.length, JOBS);
  assertGivenOnce(traffic.grants);
  for (const { job, nodes } of traffic.grants) assert.equal(nodes.length, job.count);
  await assertGrantedInOrder(pool);

  const given = new Set(traffic.grants.flatMap(({ nodes }) => nodes));
  assert.equal(traffic.ends.length, given.size);
  assert.deepEqual(traffic.ends.filter(({ ok }) => !ok), []);
  const there = await pool.nodes();
  const kept = there.filter(({ id }) => given.has(id));
  const holds = kept.map(({ state, comment }) => `${state}: ${comment}`);
  assert.deepEqual(holds, Array(WATCHED.holdOnFailure).fill(`hold: ${autoHoldReason(WATCHED.job)}`));
  const failed = traffic.grants.filter(({ job }) => job.name === WATCHED.job && job.result === "FAILURE");
  assert.ok(failed.length > WATCHED.holdOnFailure, `only ${failed.length} failures of the watched job`);
  const watched = new Set(failed.flatMap(({ nodes }) => nodes));
  assert.ok(kept.every(({ id }) => watched.has(id)), "nodes are held whose job did not fail");

  const booted = assertBootedOnce(pool);
  const known = new Set([...given, ...there.map(({ id }) => id)]);
  assert.deepEqual([...booted].filter((id) => !known.has(id)), [], "nodes went without having been given");
  await assertNoneLeaked(pool);
  assert.ok(
    end.now < warm.now + LEEWAY,
    `the daemon had ${warm.now.toFixed(0)} MiB after ${WARM_UP} jobs and ${end.now.toFixed(0)} at the end`,
  );
  assert.equal(await pool.stopDaemon(), 0);
});
