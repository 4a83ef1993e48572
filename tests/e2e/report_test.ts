/** What a pool's servers were used for, told by the daemon, and without one by its state. */
import assert from "node:assert/strict";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { RunningPool } from "./running_pool.ts";

const config = oneCloudConfig({
  labels: { small: 1 },
  maxServers: 3,
  provider: "prices: {currency: EUR, per-hour: {m1.tiny: 3600, m1.small: 3600, m1.medium: 3600}}",
});

Deno.test("a job's node is in the report by the time it was used, with its wait and its price, also without a daemon", async () => {
  await using pool = await RunningPool.start({ config, clouds: [{ bootTime: 100, deleteTime: 50 }] });
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === 1);
  const acquired = await pool.run("acquire", "small", "--job", "unit", "-o", "json");
  const [{ id }] = JSON.parse(acquired.stdout).nodes;
  await pool.until(async () => (await reportOf(pool, "job")).rows[0].times.used >= 1);
  assert.equal((await pool.run("release", String(id), "--result", "SUCCESS")).code, 0);
  await pool.until(async () => !(await pool.nodes()).some((node) => node.id === id));

  const told = await reportOf(pool, "job");
  const [unit, none] = told.rows;
  assert.deepEqual([unit.name, unit.launches, none.name], ["unit", 1, null]);
  assert.ok(unit.times.used >= 1);
  assert.equal(unit.waits.count, 1);
  assert.deepEqual(unit.costs, [{ currency: "EUR", amount: unit.time }]);
  assert.equal(unit.unpriced, 0);
  assert.equal(await pool.stopDaemon(), 0);
  const later = await reportOf(pool, "job");
  assert.deepEqual(later.rows[0], unit);
  for (const by of ["label", "provider", "client", "image"]) {
    const { total } = await reportOf(pool, by);
    assert.ok(total.times.used === unit.times.used && total.launches === later.total.launches, by);
  }
});

async function reportOf(pool: RunningPool, by: string) {
  const { code, stdout, stderr } = await pool.run("report", "--by", by, "-o", "json");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}
