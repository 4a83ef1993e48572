/** SIGUSR2 and `dump`: while a pool launches, each node's work is named, and the profile is one that tools can open. */
import assert from "node:assert/strict";
import type { CpuProfile } from "../../src/lib/cpu_profiler.ts";
import type { DumpView } from "../../src/views/dump.ts";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { RunningPool } from "./running_pool.ts";

const NODES = 200;

/** A pool that takes seconds to launch its nodes, since each answer does. */
async function launchingPool(more = ""): Promise<RunningPool> {
  const config = oneCloudConfig({ labels: { small: NODES }, maxServers: NODES, more });
  const pool = await RunningPool.start({ config, clouds: [{ bootTime: 100, latency: 500 }] });
  pool.startDaemon();
  await pool.until(async () => await askingFor(pool) > 8, { every: 20 });
  return pool;
}

/** How many servers are being asked for. */
async function askingFor(pool: RunningPool): Promise<number> {
  await using daemon = await pool.connect();
  const work = (await daemon?.ask("dump", {}).catch(() => null))?.work ?? [];
  return work.filter(({ waits }) => waits.some(({ on }) => on.startsWith("a response: create server ")))
    .length;
}

async function dumped(pool: RunningPool) {
  return (await pool.logLines()).filter(({ category }) => category === "nodepool.stack_dump");
}

Deno.test("SIGUSR2 twice during launches: every node's work is named, and what ran is in a profile", async () => {
  await using pool = await launchingPool("log: {profile-dir: FOLDER/profiles}");
  Deno.kill(pool.pid, "SIGUSR2");
  await pool.until(async () => (await pool.log()).includes("the CPU profiler is on"));
  const first = (await dumped(pool)).map(({ message }) => message);
  for (let node = 1; node <= NODES; node++) {
    const own = first.filter((text) =>
      new RegExp(`^[a-z-]+: node ${node}, label small, provider main, image debian, `).test(text)
    );
    assert.equal(own.length, 1, `node ${node} has ${own.length} paragraphs:\n${own.join("\n")}`);
  }
  const asked = first.filter((text) => text.includes(": create server small-main-"));
  assert.ok(asked.length > 0);
  for (const text of asked) {
    assert.match(text, /^create-server: node \d+, .* for [\d.]+ s, since 20\d\d-.*Z$/m);
    assert.match(
      text,
      /^ {2}waiting for [\d.]+ s, since .*: a response: create server small-main-\d+ on main$/m,
    );
    assert.match(text, /^ {4}at async executeCreateServer src\/execute\/create_server\.ts:\d+:\d+$/m);
    assert.match(text, /^ {2}begun\n {4}at Attempts\.start src\/execute\/attempts\.ts:\d+:\d+$/m);
  }
  assert.match(first.at(-2)!, /^ {2}main create-server: 0 waiting, \d+ running of 16$/m);
  assert.match(first.at(-2)!, /^ {2}main: http:\/\/127\.0\.0\.1:\d+: \d+ open, \d+ requests being answered/m);

  await pool.until(async () => await pool.count("ready") === NODES);
  Deno.kill(pool.pid, "SIGUSR2");
  await pool.until(async () => (await dumped(pool)).length > first.length + 2);
  const second = (await dumped(pool)).slice(first.length);
  const path = second[0]!.path as string;
  assert.ok(path.startsWith(`${pool.folder}/profiles/nodepool-`), path);
  assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
  checkProfile(JSON.parse(await Deno.readTextFile(path)));
  const functions = second[1]!.message.split("\n");
  assert.match(functions[0]!, /^profile of \d+\.\d{3} s, busy for \d+\.\d{3} s; most self time:$/);
  assert.equal(functions.length, 11);
  for (const line of functions.slice(1)) assert.match(line, /^ +\d+\.\d{3} s +\d+\.\d % {2}\S/);
  assert.equal(await pool.stopDaemon(), 0);
});

/** What developer tools read: a tree of calls, and samples of it with the times between them. */
function checkProfile({ nodes, samples = [], timeDeltas = [], startTime, endTime }: CpuProfile): void {
  assert.ok(endTime > startTime);
  assert.ok(samples.length > 100, `${samples.length} samples`);
  assert.equal(samples.length, timeDeltas.length);
  const ids = new Set(nodes.map(({ id }) => id));
  assert.equal(ids.size, nodes.length);
  assert.ok(samples.every((id) => ids.has(id)));
  assert.ok(timeDeltas.every(Number.isInteger));
  assert.equal(nodes[0]!.callFrame.functionName, "(root)");
  const children = nodes.flatMap(({ children = [] }) => children);
  assert.deepEqual(new Set(children), ids.difference(new Set([nodes[0]!.id])));
  for (const { callFrame } of nodes) {
    assert.equal(typeof callFrame.functionName, "string");
    assert.equal(typeof callFrame.url, "string");
    assert.ok(Number.isInteger(callFrame.lineNumber) && Number.isInteger(callFrame.columnNumber));
  }
  const places = nodes.map(({ callFrame: { url } }) => url);
  assert.ok(places.some((url) => url.endsWith("/src/execute/executor.ts")), "the pool's own code is in it");
}

Deno.test("`dump` prints the same as text and as JSON; without a daemon it says that it needs one", async () => {
  await using pool = await launchingPool();
  const json = await pool.run("dump", "-o", "json");
  const dump: DumpView = JSON.parse(json.stdout);
  assert.deepEqual([json.code, dump.version, dump.daemon.pid], [0, 1, pool.pid]);
  const nodes = dump.work.map(({ about: { node } }) => node).filter((node) => node !== undefined);
  assert.deepEqual(
    nodes.toSorted((a, b) => Number(a) - Number(b)),
    Array.from({ length: NODES }, (_, id) => id + 1),
  );
  assert.ok(dump.work.some(({ waits }) => waits.some(({ stack }) => stack.length > 3)));
  assert.ok(dump.memory.rss > 2 ** 20 && dump.memory.heap_used > 2 ** 20);
  assert.equal(dump.profiling_since, null);
  assert.deepEqual(dump.rate_limiters.map(({ provider, most }) => [provider, most]), [["main", 24]]);

  const text = await pool.run("dump");
  assert.equal(text.code, 0);
  assert.match(text.stdout, /^nodepool .*, pid \d+, started /);
  assert.match(text.stdout, /^request: method GET, path \/dump, /m);
  assert.equal((await dumped(pool)).length, 0);
  assert.equal(await pool.stopDaemon(), 0);
  const { code, stderr } = await pool.run("dump");
  assert.equal(code, 3);
  assert.match(stderr, /^nodepool: no daemon is running/);
});
