/**
 * How fast jobs go through a pool: clients that take a node, keep it for up to a second and give it back, against one
 * daemon as its own process and a simulator served by this one, rate 0, boot time 2 s. Prints the jobs per second, the
 * daemon's use of the machine, and how long a client waited for the answer to its `acquire` from when a node was free
 * for it: from its request where one was ready then, else from when its node was. Says also how many servers were
 * deleted by how many DELETEs: each takes one.
 *
 *     scripts/bench/churn [JOBS [CLIENTS [NODES]]]        default: 2000 jobs, 50 clients, 200 nodes
 */
import { RunningPool } from "../../tests/e2e/running_pool.ts";
import { type Grant, Traffic } from "../../tests/e2e/traffic.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { benchConfig } from "./bench_config.ts";
import { cpuSeconds, memoryMib } from "./process_use.ts";

/** Longest job. */
const JOB_TIME = 1_000;

/** When each node became ready, by the daemon's log. */
async function readyTimes(pool: RunningPool): Promise<ReadonlyMap<unknown, number>> {
  const lines = (await pool.logLines()).filter(({ to }) => to === "ready");
  return new Map(lines.map(({ node, time }) => [node, Date.parse(time)]));
}

/** Milliseconds from a free node to the answer, smallest first. */
function answerTimes(grants: readonly Grant[], readyAt: ReadonlyMap<unknown, number>): number[] {
  const times = grants.map(({ nodes, askedAt, answeredAt }) =>
    answeredAt - Math.max(askedAt, ...nodes.map((node) => readyAt.get(node) ?? askedAt))
  );
  return times.sort((a, b) => a - b);
}

const [jobs = 2_000, clients = 50, nodes = 200] = Deno.args.map(Number);
const random = seededRandom(jobs);
await using pool = await RunningPool.start({
  config: benchConfig({ minReady: nodes, maxServers: nodes + 2 * clients }),
  seed: jobs,
});
pool.startDaemon();
await pool.until(async () => await pool.count("ready") === nodes, { within: 300_000 });

const traffic = new Traffic(pool);
const cpuBefore = await cpuSeconds(pool.pid);
const launched = await memoryMib(pool.pid);
const startedAt = systemClock.monotonic();
let left = jobs;
await traffic.run({
  clients,
  nextJob: () =>
    left-- <= 0
      ? null
      : { label: "small", count: 1, name: "churn", time: random.integer(JOB_TIME), result: "SUCCESS" },
});
const seconds = (systemClock.monotonic() - startedAt) / 1000;
const cpu = await cpuSeconds(pool.pid) - cpuBefore;
const { now, peak } = await memoryMib(pool.pid);

const readyAt = await readyTimes(pool);
const times = answerTimes(traffic.grants, readyAt);
const at = (part: number) => (times[Math.floor(times.length * part)] ?? NaN).toFixed(0);
const waited = traffic.grants.filter((grant) =>
  grant.nodes.some((node) => (readyAt.get(node) ?? 0) > grant.askedAt)
);
const deletes = pool.simulator.journal.rows().filter(({ operation }) => operation === "server.delete");
const deleted = new Set(deletes.map(({ serverId }) => serverId)).size;
console.log(
  `${jobs} jobs of ${clients} clients on ${nodes} nodes: ${(jobs / seconds).toFixed(0)} jobs a second; ` +
    `from a free node to the answer: median ${at(0.5)} ms, 99 % ${at(0.99)} ms, most ${at(0.9999)} ms; ` +
    `${waited.length} waited for a node; daemon ${(cpu / jobs * 1000).toFixed(1)} ms of CPU a job, ` +
    `${now.toFixed(0)} MiB (peak ${peak.toFixed(0)}, ${
      launched.peak.toFixed(0)
    } when all nodes were ready); ` +
    `${deleted} servers deleted by ${deletes.length} DELETEs`,
);
await pool.stopDaemon();
