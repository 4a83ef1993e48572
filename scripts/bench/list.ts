/**
 * How fast a pool of thousands of nodes is shown. Prints what `nodepool list` takes as a whole process, with a
 * daemon and on the state alone, what `--version` takes, and how long the status endpoint needs for its list and metrics.
 *
 *     scripts/bench/list [NODES]        default: 6000
 */
import { runProgram } from "../../tests/e2e/program.ts";
import { RunningPool } from "../../tests/e2e/running_pool.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { openKvStore } from "../../src/store/open_state.ts";
import { benchConfig } from "./bench_config.ts";
import { fillState } from "./fill_state.ts";
import { endedChildrenCpuSeconds, memoryMib } from "./process_use.ts";

const RUNS = 11;
const REQUESTS = 50;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** Runs a command that number of times; prints the median of its wall time and the mean of its CPU time. */
async function time(name: string, run: () => Promise<{ code: number; stdout: string; stderr: string }>) {
  const walls: number[] = [];
  const cpuBefore = await endedChildrenCpuSeconds();
  let printed = 0;
  for (let round = 0; round < RUNS; round++) {
    const startedAt = systemClock.monotonic();
    const { code, stdout, stderr } = await run();
    walls.push(systemClock.monotonic() - startedAt);
    if (code !== 0) throw new Error(`${name} ended with ${code}: ${stderr}`);
    printed = stdout.length;
  }
  const cpu = (await endedChildrenCpuSeconds() - cpuBefore) / RUNS;
  console.log(
    `${name}: median ${median(walls).toFixed(0)} ms (${Math.min(...walls).toFixed(0)} to ` +
      `${Math.max(...walls).toFixed(0)}), ${(cpu * 1000).toFixed(0)} ms of CPU, ${printed} characters`,
  );
}

/** Measures with curl: seconds from the start of the request to the last byte, and how many bytes there were. */
async function curl(url: string): Promise<[number, number]> {
  const args = ["-sf", "-o", "/dev/null", "-w", "%{time_total} %{size_download}", url];
  const { stdout } = await new Deno.Command("curl", { args }).output();
  const [seconds, bytes] = new TextDecoder().decode(stdout).split(" ").map(Number);
  return [seconds ?? NaN, bytes ?? NaN];
}

/** @param pause between two requests: past a second, each answer has to be made again */
async function timePage(pool: RunningPool, { path, name, requests, pause }: {
  path: string;
  name: string;
  requests: number;
  pause: number;
}): Promise<void> {
  const times: number[] = [];
  let size = 0;
  const url = (await pool.fetch("/healthz")).url.replace("/healthz", path);
  for (let request = 0; request < requests; request++) {
    const [seconds, bytes] = await curl(url);
    times.push(seconds * 1000);
    size = bytes;
    await systemClock.sleep(pause);
  }
  console.log(
    `${path}, ${name}: median of ${requests} ${median(times).toFixed(1)} ms ` +
      `(${Math.min(...times).toFixed(1)} to ${Math.max(...times).toFixed(1)}), ${size} bytes`,
  );
}

const count = Number(Deno.args[0] ?? 6_000);
await using pool = await RunningPool.start({ config: benchConfig({ minReady: 0, maxServers: count }) });
{
  await using store = await openKvStore(pool.state, { clock: systemClock, random: systemRandom });
  await fillState(store, pool.simulator, count);
}
console.log(`${count} nodes in the state`);
await time("--version", () => runProgram(["--version"]));
await time("list, without a daemon", () => pool.run("list"));

pool.startDaemon();
await pool.until(async () => await pool.count() === count, { within: 60_000, every: 500 });
await time("list", () => pool.run("list"));
await time("list -o json", () => pool.run("list", "-o", "json"));
await time("list --state ready (none)", () => pool.run("list", "--state", "ready"));
const path = "/node-list?format=json";
await timePage(pool, { path, name: "asked again at once", requests: REQUESTS, pause: 0 });
await timePage(pool, { path, name: "made again each time", requests: 15, pause: 1_050 });
await timePage(pool, { path: "/metrics", name: "made again each time", requests: REQUESTS, pause: 100 });
console.log(`daemon: ${(await memoryMib(pool.pid)).now.toFixed(0)} MiB`);
await pool.stopDaemon();
