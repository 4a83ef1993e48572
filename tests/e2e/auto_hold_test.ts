/** Failures of one job that all come at once: no more of its nodes are held than its entry says. */
import assert from "node:assert/strict";
import { autoHoldReason } from "../../src/domain/auto_hold.ts";
import type { PoolClient } from "../../src/control/pool_client.ts";
import { RunningPool } from "./running_pool.ts";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { trafficCloud } from "./traffic_pool.ts";

const FAILURES = 20;
const LIMIT = 2;
const JOB = "integration";

async function acquire(daemon: PoolClient, count: number): Promise<readonly number[]> {
  const spec = { label: "small", count, job: JOB, client: null, deadline: null };
  const { id } = await daemon.ask("request", spec);
  const { nodes } = await daemon.ask("request-grant", { id });
  await daemon.ask("request-confirm", { id });
  return nodes.map(({ id }) => id);
}

/** Each by a client of its own, as 20 `release` commands would. @returns what each was told, by node */
async function failAtOnce(pool: RunningPool, ids: readonly number[]): Promise<Map<number, string>> {
  await using connections = new AsyncDisposableStack();
  const clients = await Promise.all(ids.map(async (id) => ({ id, daemon: (await pool.connect())! })));
  for (const { daemon } of clients) connections.use(daemon);
  const told = await Promise.all(
    clients.map(({ id, daemon }) => daemon.ask("release", { ids: [id], result: "FAILURE", job: null })),
  );
  return new Map(told.flat().map(({ id, message }) => [id, message]));
}

async function heldIds(pool: RunningPool): Promise<readonly number[]> {
  const held = (await pool.nodes()).filter(({ state }) => state === "hold");
  assert.deepEqual(held.map(({ comment }) => comment), held.map(() => autoHoldReason(JOB)));
  return held.map(({ id }) => id);
}

Deno.test("of twenty failures of a job at once, as many nodes are held as its entry says", async (t) => {
  const config = oneCloudConfig({ labels: { small: 0 }, maxServers: 25 });
  await using pool = await RunningPool.start({ config, clouds: [trafficCloud] });
  pool.startDaemon();
  await pool.until(async () => {
    await using daemon = await pool.connect();
    return daemon !== null;
  });
  const created = await pool.run("job-create", JOB, "--hold-on-failure", String(LIMIT));
  assert.equal(created.code, 0, created.stderr);
  await using daemon = (await pool.connect())!;

  await t.step("exactly two are held, and eighteen deleted", async () => {
    const told = await failAtOnce(pool, await acquire(daemon, FAILURES));
    const held = [...told].filter(([, message]) => message === `held after failing ${JOB}`);
    const deleted = [...told].filter(([, message]) => message === "released, and marked for deletion");
    assert.deepEqual([held.length, deleted.length], [LIMIT, FAILURES - LIMIT]);
    await pool.until(async () => await pool.count() === LIMIT);
    assert.deepEqual(await heldIds(pool), held.map(([id]) => id).sort((a, b) => a - b));
    assert.equal(pool.simulator.cloud().servers.counts().standing, LIMIT);
  });

  await t.step("whoever deletes one of them makes room for one more", async () => {
    const [first, second] = await heldIds(pool) as [number, number];
    assert.equal((await pool.run("delete", String(first), "--now")).code, 0);
    const failed = await acquire(daemon, FAILURES);
    await failAtOnce(pool, failed);
    await pool.until(async () => await pool.count() === LIMIT);
    const held = await heldIds(pool);
    assert.ok(held.includes(second) && held.some((id) => failed.includes(id)), `held: ${held}`);
  });
  assert.equal(await pool.stopDaemon(), 0);
});
