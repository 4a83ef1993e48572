/** A pool on several machines whose process is not sure, for a while or for good, that it leads. */
import assert from "node:assert/strict";
import type { PoolDeps } from "../../src/pool/pool_deps.ts";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import type { Shell } from "../../src/ssh/shell.ts";
import { machinesOf, ScriptedLeadership } from "../lead/scripted_leadership.ts";
import { imageConfig, readyImages } from "./image_pool.ts";
import { poolConfig, VirtualPool, type VirtualPoolOptions } from "./virtual_pool.ts";

async function led(options: VirtualPoolOptions, { isSure = true } = {}) {
  const leadership = new ScriptedLeadership();
  leadership.isSure = isSure;
  const virtual = await VirtualPool.start({ ...options, machines: machinesOf(leadership) });
  return { virtual, leadership, [Symbol.asyncDispose]: () => virtual[Symbol.asyncDispose]() };
}

/** Requests that change something, and the logins and builds that have begun. */
function effects({ simulator, builder }: VirtualPool): string[] {
  const requests = simulator.journal.rows().filter(({ operation }) =>
    !/\.(list|show|get|version|limits|quota|catalog)/.test(operation) && operation !== "token.create"
  );
  return [...requests.map(({ operation }) => operation), ...builder.jobs.map(({ name }) => `build ${name}`)];
}

Deno.test("a leader that is unsure for two seconds now and then fails at nothing, and repeats nothing", async () => {
  await using pool = await led({ config: poolConfig({ minReady: 4, maxServers: 8 }) });
  const { virtual, leadership } = pool;
  for (let turn = 0; turn < 40; turn++) {
    leadership.isSure = false;
    const before = effects(virtual);
    await virtual.clock.advance(2 * SECOND);
    assert.deepEqual(effects(virtual), before, "nothing goes out meanwhile");
    leadership.isSure = true;
    await virtual.clock.advance(3 * SECOND);
    if (turn % 10 === 9) {
      await virtual.ask("release", { ids: await taken(virtual), result: "SUCCESS", job: null });
    }
  }
  await virtual.until(() => virtual.count("ready") === 4 && virtual.count() === 4);
  const { journal } = virtual.simulator;
  assert.equal(journal.countOf("server.create") - journal.countOf("server.delete"), 4);
  const gone = await virtual.pool.ledger.listHistory({ limit: 100 });
  assert.deepEqual([...new Set(gone.map(({ node }) => node.result))], ["used"]);
  for (const { evidence, waitingOn } of virtual.pool.report().nodes) {
    assert.deepEqual([evidence, waitingOn], [null, null]);
  }
  assert.deepEqual(virtual.pool.report().defects, []);
});

async function taken(virtual: VirtualPool): Promise<number[]> {
  return (await virtual.acquire("small")).map(({ id }) => id);
}

Deno.test("once a leader is lost nothing goes out any more, and the record of no node says that it failed", async () => {
  for (let seed = 0; seed < 8; seed++) {
    await using pool = await led({ config: poolConfig({ minReady: 6 }), random: seed });
    const { virtual, leadership } = pool;
    await virtual.clock.advance(seed * 3 * SECOND);
    const ledger = virtual.pool.ledger;
    leadership.lose("another leads");
    const before = effects(virtual);
    await virtual.clock.advance(5 * SECOND);
    assert.deepEqual(effects(virtual), before);
    await virtual.stopPool();
    assert.deepEqual(effects(virtual), before, "nor while it stops");
    for (const { evidence } of ledger.nodes.values()) assert.equal(evidence, null);
  }
});

Deno.test("images are not built, made or uploaded by a leader that is not sure", async () => {
  await using pool = await led({ config: imageConfig({ minReady: 1 }) }, { isSure: false });
  const { virtual, leadership } = pool;
  await virtual.clock.advance(MINUTE);
  assert.deepEqual(effects(virtual), []);
  leadership.isSure = true;
  await virtual.until(() => readyImages(virtual).length > 0);
});

Deno.test("nodes are handed to no client by a leader that is not sure", async () => {
  await using pool = await led({ config: poolConfig({ minReady: 1 }) });
  const { virtual, leadership } = pool;
  await virtual.until(() => virtual.count("ready") === 1);
  const spec = { label: "small", count: 1, job: null, client: null, deadline: null };
  const { id } = await virtual.during(virtual.ask("request", spec));
  await virtual.until(() => virtual.count("used") === 1);
  leadership.isSure = false;
  let isAnswered = false;
  const answer = virtual.ask("request-grant", { id }).then(() => isAnswered = true);
  await virtual.clock.advance(MINUTE);
  assert.equal(isAnswered, false);
  leadership.isSure = true;
  await virtual.during(answer);
});

/**
 * How each way out of a pool is kept from being used by a process that does not lead: a new one does not compile before
 * it stands here.
 */
const waysOut: Record<keyof PoolDeps, "waits until it is sure" | "looks" | "this process only" | "fenced"> = {
  shell: "waits until it is sure",
  openCloud: "waits until it is sure",
  openTarget: "waits until it is sure",
  builder: "waits until it is sure",
  openGearman: "looks",
  listenToJobs: "looks",
  readFile: "looks",
  stat: "looks",
  readConfig: "looks",
  readOtherConfig: "looks",
  watchedConfig: "looks",
  followLog: "looks",
  lookAtProcess: "looks",
  scriptVariables: "looks",
  store: "fenced",
  builders: "fenced",
  machines: "fenced",
  openLog: "this process only",
  makeKeypair: "this process only",
  metrics: "this process only",
  serviceManager: "this process only",
  logging: "this process only",
  clock: "this process only",
  random: "this process only",
  parts: "this process only",
  isErrand: "this process only",
  newState: "this process only",
  process: "this process only",
  starting: "this process only",
  buildWorkers: "this process only",
  uploadWorkers: "this process only",
};

Deno.test("every port of the pool that reaches out waits until its process is sure", async () => {
  const parts = await Deno.readTextFile(new URL("../../src/pool/open_parts.ts", import.meta.url));
  const wrapping = parts.slice(parts.indexOf("function whileSure("));
  for (const [port, how] of Object.entries(waysOut)) {
    if (how !== "waits until it is sure") continue;
    assert.match(
      wrapping,
      new RegExp(`\\b${port}\\b.*\\b${port}: `, "s"),
      `${port} is put behind the question`,
    );
  }
});

const shellMethods: Record<keyof Shell, true> = { connect: true, login: true };

Deno.test("every method of a shell waits until its process is sure", async () => {
  const { watchedShell } = await import("../../src/ssh/watched_shell.ts");
  const shell = watchedShell({
    connect: () => Promise.reject(new Error("went out")),
    login: () => Promise.reject(new Error("went out")),
  }, () => Promise.reject(new Error("not sure")));
  const options = { command: "true", timeout: 1, signal: new AbortController().signal };
  const target = { address: "a", port: 22, username: "u", privateKey: "k", hostKeys: [] };
  for (const method of Object.keys(shellMethods) as (keyof Shell)[]) {
    await assert.rejects(shell[method](target, options), { message: "not sure" });
  }
});
