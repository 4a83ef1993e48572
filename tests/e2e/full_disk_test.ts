/** A daemon whose disk is full: state, log and all. */
import assert from "node:assert/strict";
import { testNeeding } from "../needs.ts";
import { fill, smallDisk } from "../small_disk.ts";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { RunningPool } from "./running_pool.ts";

async function readiness(pool: RunningPool): Promise<{ ready: boolean; reasons: readonly string[] }> {
  return await (await pool.fetch("/readyz", { headers: { accept: "application/json" } })).json();
}

/** Requests for servers and for their deletion. */
function changes(pool: RunningPool): number {
  return pool.simulator.journal.rows().filter(({ operation }) => /^server\.(create|delete)$/.test(operation))
    .length;
}

const title = "a daemon on a full disk launches and deletes nothing, says so, and goes on once there is room";
testNeeding(["mount"], title, async () => {
  await using disk = await smallDisk();
  await using pool = await RunningPool.start({
    config: oneCloudConfig({ labels: { small: 2 }, maxServers: 9 }),
    clouds: [{ bootTime: 100, deleteTime: 50 }],
    parent: disk.path,
  });
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === 2);

  const ballast = `${pool.folder}/ballast`;
  await fill(ballast);
  // SQLite writes into the room that its log has until that is used up.
  const isReady = async () => (await readiness(pool)).ready;
  const jobs = await pool.connect();
  await pool.until(async () => {
    await jobs!.ask("job-create", { job: "j".repeat(255), holdOnFailure: 1 }).catch(() => {});
    return !await isReady();
  }, { within: 120_000, every: 1 });
  await jobs![Symbol.asyncDispose]();
  assert.match(
    (await readiness(pool)).reasons.join(),
    /cannot use the state .*: it cannot be written: .*full/,
  );
  assert.match((await pool.run("status")).stdout, /it cannot be written/);
  const before = changes(pool);
  const refused = await pool.run("delete", "1");
  assert.deepEqual(
    [refused.code, changes(pool), await pool.count("ready")],
    [1, before, 2],
    refused.stderr,
  );

  await Deno.remove(ballast);
  await pool.until(isReady);
  assert.equal((await pool.run("delete", "1")).code, 0);
  await pool.until(async () => await pool.count("ready") === 2 && changes(pool) >= before + 2);
  assert.equal(await pool.stopDaemon(), 0);
});
