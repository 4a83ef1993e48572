/**
 * How fast a pool fills: one daemon as its own process against a simulator served by this one, rate 0, boot time
 * 2 s. Prints the time from the daemon's start until all are ready, its memory, its requests, and how long after a
 * server could be logged in to its node was ready.
 *
 *     scripts/bench/launch [NODES…]        default: 100 1000
 */
import { RunningPool } from "../../tests/e2e/running_pool.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { benchConfig } from "./bench_config.ts";
import { cpuSeconds, memoryMib } from "./process_use.ts";

/** Milliseconds between a server's being open to logins and its node's being ready, smallest first. */
function addedTimes(pool: RunningPool, log: string): number[] {
  const cloud = pool.simulator.cloud();
  const added = log.split("\n").flatMap((line) => {
    if (!line.includes('"to":"ready"')) return [];
    const { time, server } = JSON.parse(line);
    const opened = cloud.servers.get(server)?.sshAt;
    return opened === undefined ? [] : [Date.parse(time) - opened];
  });
  return added.sort((a, b) => a - b);
}

async function bench(nodes: number): Promise<void> {
  await using pool = await RunningPool.start({
    config: benchConfig({ minReady: nodes, maxServers: nodes }),
    seed: nodes,
  });
  const startedAt = systemClock.monotonic();
  pool.startDaemon();
  let ready = 0;
  await pool.until(async () => {
    ready = (await pool.log()).match(/"to":"ready"/g)?.length ?? 0;
    return ready >= nodes;
  }, { within: 300_000, every: 50 });
  const seconds = (systemClock.monotonic() - startedAt) / 1000;
  const { journal } = pool.simulator;
  const added = addedTimes(pool, await pool.log());
  const { now, peak } = await memoryMib(pool.pid);
  const cpu = await cpuSeconds(pool.pid);
  const at = (part: number) => ((added[Math.floor(added.length * part)] ?? NaN) / 1000).toFixed(2);
  console.log(
    `${nodes} nodes ready after ${seconds.toFixed(1)} s; daemon ${now.toFixed(0)} MiB (peak ${
      peak.toFixed(0)
    }), ` +
      `${cpu.toFixed(1)} s of CPU; ${journal.countOf("server.create")} POSTs, ` +
      `${journal.count - journal.countOf("server.create")} other requests; ` +
      `added by the daemon: median ${at(0.5)} s, 95 % ${at(0.95)} s, most ${at(0.9999)} s`,
  );
  await pool.stopDaemon();
}

for (const nodes of Deno.args.length > 0 ? Deno.args.map(Number) : [100, 1000]) await bench(nodes);
