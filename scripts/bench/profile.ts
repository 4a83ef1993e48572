/**
 * The cost of the CPU profiler that SIGUSR2 starts, while a pool fills: launches with it and without it in turn, each
 * a daemon as its own process against a simulator served by this one, rate 0, boot time 2 s. Prints the times of all
 * rounds and how much longer the median launch takes while it is profiled.
 *
 *     scripts/bench/profile [NODES [ROUNDS]]        default: 200 3
 */
import { RunningPool } from "../../tests/e2e/running_pool.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { benchConfig } from "./bench_config.ts";
import { cpuSeconds } from "./process_use.ts";

interface Launch {
  /** Seconds from the daemon's first line until all nodes are ready. */
  readonly time: number;
  readonly cpu: number;
}

async function launch(nodes: number, { isProfiled }: { isProfiled: boolean }): Promise<Launch> {
  await using pool = await RunningPool.start({
    config: benchConfig({ minReady: nodes, maxServers: nodes }),
    seed: nodes,
  });
  pool.startDaemon();
  const logs = (text: string) => async () => (await pool.log()).includes(text);
  await pool.until(logs('"url":'), { every: 10 });
  const startedAt = systemClock.monotonic();
  if (isProfiled) Deno.kill(pool.pid, "SIGUSR2");
  const ready = async () => (await pool.log()).match(/"to":"ready"/g)?.length ?? 0;
  await pool.until(async () => await ready() >= nodes, { within: 300_000, every: 20 });
  const time = (systemClock.monotonic() - startedAt) / 1000;
  const cpu = await cpuSeconds(pool.pid);
  if (isProfiled) {
    Deno.kill(pool.pid, "SIGUSR2");
    await pool.until(logs("CPU profile "));
  }
  await pool.stopDaemon();
  return { time, cpu };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

const [nodes = 200, rounds = 3] = Deno.args.map(Number);
const results = { plain: [] as Launch[], profiled: [] as Launch[] };
for (let round = 0; round < rounds; round++) {
  results.plain.push(await launch(nodes, { isProfiled: false }));
  results.profiled.push(await launch(nodes, { isProfiled: true }));
}
for (const [how, launches] of Object.entries(results)) {
  const times = launches.map(({ time }) => `${time.toFixed(2)} s`).join(", ");
  const cpu = launches.map(({ cpu }) => `${cpu.toFixed(1)} s`).join(", ");
  console.log(`${nodes} nodes, ${how}: ready after ${times}; CPU ${cpu}`);
}
const cost = (of: (launch: Launch) => number) =>
  (100 * (median(results.profiled.map(of)) / median(results.plain.map(of)) - 1)).toFixed(1);
console.log(
  `profiling takes ${cost(({ time }) => time)} % more time, ${cost(({ cpu }) => cpu)} % more CPU (medians)`,
);
