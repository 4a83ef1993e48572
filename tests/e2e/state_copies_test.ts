/** Copies of a state with the real program: restored after a while, and started a second time beside the first daemon. */
import assert from "node:assert/strict";
import type { StatusView } from "../../src/views/status.ts";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { type Ran, RunningPool } from "./running_pool.ts";

const config = oneCloudConfig({ labels: { small: 2 }, maxServers: 12 });
const clouds = [{ bootTime: 0.3, deleteTime: 0.2 }];

function done({ code, stdout, stderr }: Ran): string {
  assert.equal(code, 0, stderr);
  return stdout;
}

async function status(pool: RunningPool): Promise<StatusView> {
  return JSON.parse(done(await pool.run("status", "-o", "json")));
}

/** What of a state has to be copied, and removed before a copy is put in its place. */
const FILES = ["nodepool.kv", "nodepool.kv-wal", "nodepool.kv-shm"];

async function copyState(from: string, to: string): Promise<void> {
  for (const name of FILES) {
    await Deno.remove(`${to}/${name}`).catch(() => {});
    await Deno.copyFile(`${from}/${name}`, `${to}/${name}`).catch(() => {});
  }
}

function deletions(pool: RunningPool): number {
  return pool.simulator.journal.countOf("server.delete");
}

async function acquired(pool: RunningPool, count: number): Promise<{ id: number; server_id: string }[]> {
  return JSON.parse(done(await pool.run("acquire", "small", "--count", String(count), "-o", "json"))).nodes;
}

for (const witness of [true, false]) {
  const where = witness ? "in its place" : "on another machine";
  Deno.test(`a state that is restored ${where} holds what may be in use, until somebody gives it back`, async () => {
    await using pool = await RunningPool.start({ config, clouds });
    pool.startDaemon();
    await pool.until(async () => await pool.count("ready") === 2);
    await pool.stopDaemon();
    const backup = `${pool.folder}/backup`;
    await Deno.mkdir(backup);
    await copyState(pool.folder, backup);
    pool.startDaemon();
    await pool.until(async () => await pool.count("ready") === 2);
    const inUse = await acquired(pool, 2);
    await pool.until(async () => await pool.count("ready") === 2);
    await pool.stopDaemon("SIGKILL");
    await copyState(backup, pool.folder);
    if (!witness) await Deno.remove(`${pool.folder}/.nodepool.kv.witness`);

    const before = deletions(pool);
    pool.startDaemon();
    await pool.until(async () => await pool.count("hold") === 2);
    for (const { id, hold } of (await pool.nodes()).filter(({ state }) => state === "hold")) {
      assert.equal(hold?.reason, "from a restored state, may be in use");
      assert.ok(hold?.may_be_in_use && inUse.some((node) => node.id === id));
    }
    assert.equal(deletions(pool), before);
    const { problems, foreign_servers: foreign } = await status(pool);
    assert.match(
      problems.join("\n"),
      /nodes from an older or another state may be in use and are held: 1, 2; check each/,
    );
    assert.equal(foreign?.length, 2);

    // The daemon that launched them has its run from after the copy.
    assert.match(problems.join("\n"), /provider main: frozen: .*nodepool state adopt/);
    assert.match(done(await pool.run("state", "adopt", "--dry-run")), /^small-main-3 on main /m);
    const adopted = done(await pool.run("state", "adopt"));
    assert.match(adopted, /^node \d+: small-main-3 on main \(.*\), held$/m);
    await pool.until(async () => await pool.count("ready") === 2);
    const held = (await pool.nodes()).filter(({ state }) => state === "hold").map(({ id }) => String(id));
    assert.equal(held.length, 4);
    done(await pool.run("release", ...held));
    await pool.until(async () => await pool.count() === 2);
    assert.deepEqual((await status(pool)).problems, []);
  });
}

Deno.test("a copy that is restored within the daemon's run needs no more than looking at its nodes", async () => {
  await using pool = await RunningPool.start({ config, clouds });
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === 2);
  const backup = `${pool.folder}/backup`;
  await Deno.mkdir(backup);
  await copyState(pool.folder, backup);
  const inUse = await acquired(pool, 2);
  await pool.until(async () => await pool.count("ready") === 2);
  await pool.stopDaemon("SIGKILL");
  await copyState(backup, pool.folder);
  await Deno.remove(`${pool.folder}/.nodepool.kv.witness`);
  const before = deletions(pool);
  pool.startDaemon();
  const fresh = await pool.until(async () =>
    await pool.count("ready") === 2 && await pool.count("hold") === 2
  )
    .then(() => acquired(pool, 1));
  assert.ok(fresh.every(({ id }) => id > 4));
  const { problems, providers, foreign_servers: foreign } = await status(pool);
  assert.deepEqual([providers.frozen, foreign?.length], [[], 2]);
  assert.match(problems.join("\n"), /the state is older than the cloud/);
  assert.equal(deletions(pool), before);
  done(await pool.run("release", ...inUse.map(({ id }) => String(id))));
  await pool.until(async () => await pool.count("hold") === 0 && await pool.count("delete") === 0);
  assert.equal(deletions(pool), before + 2);
});

Deno.test("two daemons on copies of one state delete nothing of each other, and one can take over", async () => {
  await using one = await RunningPool.start({ config, clouds });
  one.startDaemon();
  await one.until(async () => await one.count("ready") === 2);
  await one.stopDaemon();
  await using two = await RunningPool.start({ config, beside: one });
  await copyState(one.folder, two.folder);
  one.startDaemon();
  await one.until(async () => await one.count("ready") === 2);
  const ofOne = await acquired(one, 2);
  await one.until(async () => await one.count("ready") === 2);
  const before = deletions(one);
  two.startDaemon();
  await two.until(async () => (await status(two)).providers.frozen?.length === 1);
  const waiting = two.spawn("acquire", "small", "--timeout", "3");
  await waiting.output();
  assert.equal((await two.nodes()).filter(({ state }) => state !== "hold").length, 0);
  assert.equal(deletions(one), before);
  assert.ok(
    ofOne.every(({ server_id: id }) => one.simulator.cloud("simulator").servers.get(id)?.goneAt === Infinity),
  );

  await one.stopDaemon("SIGKILL");
  await two.stopDaemon();
  assert.match(done(await two.run("state", "adopt")), /held$/m);
  two.startDaemon();
  await two.until(async () => await two.count("ready") === 2);
  assert.equal(await two.count("hold"), 4);
  assert.equal(deletions(one), before);
});
