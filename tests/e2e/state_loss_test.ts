/** What is done to the state of a running daemon, and what the next one makes of it. */
import assert from "node:assert/strict";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { RunningPool } from "./running_pool.ts";

const config = oneCloudConfig({ labels: { small: 2 }, maxServers: 6 });
const QUICK = { bootTime: 100, deleteTime: 50 };

/** Exit code of a daemon that can write its state no more. */
const STATE_LOST = 70;

/** Servers that were asked for, and deletions. */
function changes(pool: RunningPool): number {
  return pool.simulator.journal.rows().filter(({ operation }) => /^server\.(create|delete)$/.test(operation))
    .length;
}

async function readyIds(pool: RunningPool): Promise<readonly number[]> {
  return (await pool.nodes()).filter(({ state }) => state === "ready").map(({ id }) => id);
}

async function readiness(pool: RunningPool): Promise<{ status: number; reasons: readonly string[] }> {
  const response = await pool.fetch("/readyz", { headers: { accept: "application/json" } });
  return { status: response.status, reasons: (await response.json()).reasons };
}

async function rescued(pool: RunningPool): Promise<readonly string[]> {
  const names = (await Array.fromAsync(Deno.readDir(pool.folder))).map(({ name }) => name);
  return names.filter((name) => name.startsWith("nodepool.kv.rescued-")).map((name) =>
    `${pool.folder}/${name}`
  );
}

async function runningPool(): Promise<RunningPool> {
  const pool = await RunningPool.start({ config, clouds: [QUICK] });
  pool.startDaemon();
  await pool.until(async () => (await readyIds(pool)).length === 2);
  return pool;
}

Deno.test("a daemon whose state is removed ends with 70, and its copy brings everything back", async (t) => {
  await using pool = await runningPool();
  const before = changes(pool);

  await t.step("it ends, says what to do, and touches no server", async () => {
    await Deno.remove(pool.state);
    assert.equal(await pool.daemonsEnd(), STATE_LOST);
    const log = await pool.log();
    assert.match(log, /has disappeared under this process: the file has been removed/);
    assert.equal(changes(pool), before);
    const [copy, ...others] = await rescued(pool);
    assert.ok(copy !== undefined && log.includes(copy), log);
    assert.deepEqual(others, []);
  });

  await t.step(
    "the next one, which finds no state, launches nothing beside the servers that are there",
    async () => {
      pool.startDaemon();
      const isWithheld = /nothing is launched: the state is new/;
      await pool.until(async () => {
        const found = await readiness(pool).catch(() => null);
        return isWithheld.test(found?.reasons.join() ?? "");
      });
      const { status, reasons } = await readiness(pool);
      assert.equal(status, 503);
      assert.match(reasons.join(), /2 servers of installation \S+ \(2 on main\) are on the clouds/);
      assert.ok(reasons.join().includes((await rescued(pool))[0]!), "the copy is not named");
      assert.match((await pool.run("status")).stdout, isWithheld);
      assert.equal(await pool.count(), 0);
      assert.equal(changes(pool), before);
      assert.equal(await pool.stopDaemon(), 0);
    },
  );

  await t.step(
    "with the copy in its place the pool has all its nodes again, and they are ready",
    async () => {
      await Deno.rename((await rescued(pool))[0]!, pool.state);
      pool.startDaemon();
      await pool.until(async () => (await readyIds(pool)).length === 2);
      assert.deepEqual([...await readyIds(pool)].sort(), [1, 2]);
      assert.equal(changes(pool), before);
      await pool.until(async () => (await readiness(pool).catch(() => null))?.status === 200);
    },
  );

  await t.step("without it, --new-state begins anew, and needs to be said once only", async () => {
    await pool.stopDaemon();
    await Deno.remove(pool.state);
    pool.startDaemon("--new-state");
    await pool.until(async () => (await readyIds(pool)).length === 2);
    await pool.stopDaemon();
    pool.startDaemon();
    await pool.until(async () => (await readyIds(pool)).length === 2);
    await pool.until(async () => (await readiness(pool).catch(() => null))?.status === 200);
    assert.equal(pool.simulator.cloud().servers.counts().standing, 4);
  });
});

const losses: Readonly<Record<string, (pool: RunningPool) => Promise<void>>> = {
  "replaced by another": async ({ state, folder }) => {
    await Deno.copyFile(state, `${folder}/other`);
    await Deno.rename(`${folder}/other`, state);
  },
  "emptied": ({ state }) => Deno.truncate(state, 0),
  "left without its log": ({ state }) => Deno.remove(`${state}-wal`),
};

for (const [what, act] of Object.entries(losses)) {
  Deno.test(`a daemon whose state is ${what} ends with 70 and leaves a copy that a daemon can be started on`, async () => {
    await using pool = await runningPool();
    const before = changes(pool);
    await act(pool);
    assert.equal(await pool.daemonsEnd(), STATE_LOST);
    const [copy] = await rescued(pool);
    assert.ok(copy !== undefined, await pool.log());
    for (const suffix of ["", "-wal", "-shm"]) await Deno.remove(pool.state + suffix).catch(() => {});
    await Deno.rename(copy, pool.state);
    pool.startDaemon();
    await pool.until(async () => (await readyIds(pool)).length === 2);
    assert.equal(changes(pool), before);
  });
}

Deno.test("a daemon whose state is gone says so on standard error too, where its log goes to a file", async () => {
  const more = "log: {file: FOLDER/own.log}";
  await using pool = await RunningPool.start({
    config: oneCloudConfig({ labels: { small: 1 }, maxServers: 6, more }),
    clouds: [QUICK],
  });
  pool.startDaemon();
  await pool.until(async () => (await readyIds(pool)).length === 1);
  await Deno.remove(pool.state);
  assert.equal(await pool.daemonsEnd(), STATE_LOST);
  const gone = /has disappeared under this process: the file has been removed/;
  assert.match(await Deno.readTextFile(`${pool.folder}/own.log`), gone);
  const shown = await pool.log();
  assert.match(shown, /^nodepool: the daemon exits: the state /);
  assert.match(shown, gone);
});
