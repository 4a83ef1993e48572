/**
 * How fast a pool fills: one daemon as its own process against a simulator served by this one, rate 0. Prints the time
 * from the daemon's start until all are ready, its memory, its requests, and how long after a server could be logged in
 * to its node was ready, and how late its event loop was.
 *
 *     scripts/bench/launch [NODES[@BOOT[+-JITTER]]…]   times in seconds; default: 100@2 1000@2 600@20+-5
 */
import { RunningPool } from "../../tests/e2e/running_pool.ts";
import { SECOND } from "../../src/domain/time.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { benchConfig } from "./bench_config.ts";
import { loopDelay } from "./loop_delay.ts";
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

interface Bench {
  readonly nodes: number;
  /** Milliseconds. */
  readonly bootTime: { readonly mean: number; readonly jitter: number };
}

function benchOf(argument: string): Bench {
  const parts = /^(\d+)(?:@([\d.]+)(?:\+-([\d.]+))?)?$/.exec(argument);
  if (parts === null) throw new Error(`${argument} is not NODES, NODES@BOOT or NODES@BOOT+-JITTER`);
  const [nodes = 0, mean = 2, jitter = 0] = parts.slice(1).map((part) => part && Number(part) || undefined);
  return { nodes, bootTime: { mean: mean * SECOND, jitter: jitter * SECOND } };
}

async function bench({ nodes, bootTime }: Bench): Promise<void> {
  await using pool = await RunningPool.start({
    config: benchConfig({ minReady: nodes, maxServers: nodes }),
    clouds: [{ bootTime }],
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
    `${nodes} nodes with a boot time of ${bootTime.mean / SECOND} ± ${
      bootTime.jitter / SECOND
    } s ready after ${seconds.toFixed(1)} s; daemon ${now.toFixed(0)} MiB (peak ${peak.toFixed(0)}), ` +
      `${cpu.toFixed(1)} s of CPU; ${journal.countOf("server.create")} POSTs, ` +
      `${journal.countOf("server.list")} listings, ` +
      `${journal.count - journal.countOf("server.create")} requests but POSTs; ` +
      `added by the daemon: median ${at(0.5)} s, 99 % ${at(0.99)} s, most ${at(0.9999)} s`,
  );
  console.log(`  ${await loopDelay(pool)}`);
  await pool.stopDaemon();
}

const asked = Deno.args.length > 0 ? Deno.args : ["100@2", "1000@2", "600@20+-5"];
for (const one of asked.map(benchOf)) await bench(one);
