/**
 * The cost of a full pool while nothing happens. Prints the requests a minute by kind, from the simulator's journal,
 * the daemon's share of a core, its memory, and how late its event loop was.
 *
 *     scripts/bench/idle [MINUTES [NODES]]        default: 3 minutes, 100 nodes
 */
import { RunningPool } from "../../tests/e2e/running_pool.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { benchConfig } from "./bench_config.ts";
import { loopDelay } from "./loop_delay.ts";
import { cpuSeconds, memoryMib } from "./process_use.ts";

/** Before the measurement: what launching leaves to be done is done. */
const SETTLE = 20_000;

const minutes = Number(Deno.args[0] ?? 3);
const nodes = Number(Deno.args[1] ?? 100);
await using pool = await RunningPool.start({ config: benchConfig({ minReady: nodes, maxServers: nodes }) });
pool.startDaemon();
await pool.until(async () => await pool.count("ready") === nodes);
await systemClock.sleep(SETTLE);

const { journal } = pool.simulator;
const [requestsBefore, cpuBefore] = [journal.count, await cpuSeconds(pool.pid)];
const startedAt = systemClock.monotonic();
await systemClock.sleep(minutes * 60_000);
const seconds = (systemClock.monotonic() - startedAt) / 1000;
const rows = journal.rows({ since: requestsBefore });
const cpu = await cpuSeconds(pool.pid) - cpuBefore;
const memory = await memoryMib(pool.pid);
const kinds = [...Map.groupBy(rows, ({ operation }) => operation)].map(([operation, { length }]) =>
  `${length} ${operation}`
);
console.log(
  `${nodes} ready nodes, ${(seconds / 60).toFixed(1)} minutes: ${(rows.length / seconds * 60).toFixed(2)} ` +
    `requests a minute (${kinds.join(", ")}); ${(cpu / seconds * 100).toFixed(2)} % of a core; ` +
    `${memory.now.toFixed(0)} MiB (peak ${memory.peak.toFixed(0)})`,
);
console.log(await loopDelay(pool));
await pool.stopDaemon();
