/**
 * How a pool does with its state on an etcd of three members beside one with its state in a file, in one run: launching
 * nodes, `list` with and without a daemon, and how soon a standby leads a state of thousands of nodes once the former
 * leader's lease has ended. The members run on this machine, with TLS and users, their data in memory.
 *
 *     scripts/bench/etcd [LAUNCHED [KEPT]]        default: 1000 nodes launched, 10000 in the state
 */
import { openEtcdStore } from "../../src/store/etcd/etcd_store.ts";
import { openKvStore } from "../../src/store/open_state.ts";
import { readLeader } from "../../src/lead/read_records.ts";
import { poolKeys } from "../../src/lead/pool_keys.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { RunningPool } from "../../tests/e2e/running_pool.ts";
import { EtcdCluster } from "../../tests/machines/etcd_cluster.ts";
import { benchConfig } from "./bench_config.ts";
import { fillState } from "./fill_state.ts";
import { cpuSeconds, endedChildrenCpuSeconds } from "./process_use.ts";

const RUNS = 7;
const BOOT_TIME = { mean: 2_000, jitter: 0 };
const { signal } = new AbortController();

type Backend = "file" | "etcd";

const [launched = 1_000, kept = 10_000] = Deno.args.map(Number);

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** A pool of its own; `cluster` null: its state is in a file. */
function openPool(
  cluster: EtcdCluster | null,
  { minReady, maxServers, beside }: { minReady: number; maxServers: number; beside?: RunningPool },
): Promise<RunningPool> {
  const config = `${benchConfig({ minReady, maxServers })}\nimages-dir: FOLDER/images\n`;
  return RunningPool.start({
    config: cluster === null ? config : config.replace(/^state: .*$/m, cluster.lines({ isWhole: true }).yaml),
    env: { XDG_RUNTIME_DIR: "FOLDER" },
    ...(cluster !== null && { socket: "FOLDER/nodepool-ci.sock" }),
    clouds: [{ bootTime: BOOT_TIME }],
    seed: maxServers,
    ...(beside !== undefined && { beside }),
  });
}

/** Seconds until all were ready, and of the daemon's CPU. */
async function launch(backend: Backend): Promise<{ seconds: number; cpu: number }> {
  await using cluster = backend === "etcd" ? await EtcdCluster.start({ isDirect: true }) : null;
  await using pool = await openPool(cluster, { minReady: launched, maxServers: launched });
  const startedAt = systemClock.monotonic();
  pool.startDaemon();
  const count = async () => (await pool.log()).match(/"to":"ready"/g)?.length ?? 0;
  await pool.until(async () => await count() >= launched, { within: 300_000, every: 50 });
  const seconds = (systemClock.monotonic() - startedAt) / 1000;
  const cpu = await cpuSeconds(pool.pid);
  await pool.stopDaemon();
  console.log(
    `${launched} nodes launched on ${backend}: ${seconds.toFixed(1)} s, ${cpu.toFixed(1)} s of CPU`,
  );
  return { seconds, cpu };
}

/** Milliseconds and CPU of `list` as a whole process. */
async function timeList(pool: RunningPool, name: string): Promise<number> {
  const walls: number[] = [];
  const cpuBefore = await endedChildrenCpuSeconds();
  for (let run = 0; run < RUNS; run++) {
    const startedAt = systemClock.monotonic();
    const { code, stderr } = await pool.run("list");
    walls.push(systemClock.monotonic() - startedAt);
    if (code !== 0) throw new Error(`list ended with ${code}: ${stderr}`);
  }
  const cpu = (await endedChildrenCpuSeconds() - cpuBefore) / RUNS;
  const median = medianOf(walls);
  console.log(`list, ${name}: median ${median.toFixed(0)} ms, ${(cpu * 1000).toFixed(0)} ms of CPU`);
  return median;
}

async function fill(pool: RunningPool, cluster: EtcdCluster | null): Promise<void> {
  if (cluster === null) {
    await using store = await openKvStore(pool.state, { clock: systemClock, random: systemRandom });
    return await fillState(store, pool.simulator, kept);
  }
  await using etcd = cluster.open();
  const keys = poolKeys("ci");
  await using store = await openEtcdStore(etcd, {
    address: "etcd",
    keys,
    leadership: null,
    clock: systemClock,
    random: systemRandom,
    witness: null,
  });
  await fillState(store, pool.simulator, kept);
}

async function list(backend: Backend): Promise<void> {
  await using cluster = backend === "etcd" ? await EtcdCluster.start({ isDirect: true }) : null;
  await using pool = await openPool(cluster, { minReady: 0, maxServers: kept });
  await fill(pool, cluster);
  await timeList(pool, `no daemon, ${kept} nodes on ${backend}`);
  pool.startDaemon();
  await pool.until(async () => await pool.count() === kept, { within: 60_000, every: 500 });
  await timeList(pool, `a daemon, ${kept} nodes on ${backend}`);
  if (cluster !== null) await takeOver(cluster, pool);
  await pool.stopDaemon("SIGKILL").catch(() => {});
}

/** Kills the leader, and says how long after the end of its lease the standby answered. */
async function takeOver(cluster: EtcdCluster, leader: RunningPool): Promise<void> {
  await using standby = await openPool(cluster, { minReady: 0, maxServers: kept, beside: leader });
  await using etcd = cluster.open();
  standby.startDaemon();
  await standby.until(async () => /standby/.test(await standby.log()), { within: 60_000 });
  const leads = () => readLeader(etcd, poolKeys("ci"), { signal });
  const killedAt = systemClock.monotonic();
  await leader.stopDaemon("SIGKILL");
  while (await leads() !== null) await systemClock.sleep(20);
  const endedAt = systemClock.monotonic();
  while (await leads() === null) await systemClock.sleep(20);
  const electedAt = systemClock.monotonic();
  // Asked more often, it would be held up by the questions.
  await standby.until(async () => await standby.count() === kept, { within: 60_000, every: 100 });
  const seconds = (from: number, to = systemClock.monotonic()) => ((to - from) / 1000).toFixed(2);
  console.log(
    `a state of ${kept} nodes taken over ${seconds(endedAt)} s after the end of the lease, which came ` +
      `${seconds(killedAt, endedAt)} s after kill -9: elected after ${seconds(endedAt, electedAt)} s`,
  );
  await standby.stopDaemon("SIGKILL");
}

const results: Record<Backend, { seconds: number; cpu: number }[]> = { file: [], etcd: [] };
for (const backend of ["file", "etcd", "etcd", "file", "file", "etcd"] as const) {
  results[backend].push(await launch(backend));
}
const ratio = (of: "seconds" | "cpu") =>
  medianOf(results.etcd.map((one) => one[of])) / medianOf(results.file.map((one) => one[of]));
console.log(
  `etcd takes ${ratio("seconds").toFixed(2)} times the time and ${ratio("cpu").toFixed(2)} times the CPU`,
);
for (const backend of ["file", "etcd"] as const) await list(backend);
