/** A daemon that is told to leave something out leaves it out, and says so where somebody would look. */
import assert from "node:assert/strict";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { RunningPool } from "./running_pool.ts";

const config = oneCloudConfig({ labels: { small: 2 }, maxServers: 4 });
const QUICK = { bootTime: 50, deleteTime: 50 };

async function problems(pool: RunningPool): Promise<string> {
  return (await pool.run("label-list", "-o", "wide")).stdout;
}

Deno.test("with --no-launches no node is launched, and label-list says why; what there is goes on", async () => {
  await using pool = await RunningPool.start({ config, clouds: [QUICK] });
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === 2);
  assert.equal(await pool.stopDaemon(), 0);
  const before = pool.simulator.journal.countOf("server.create");

  pool.startDaemon("--no-launches");
  await pool.until(async () => await pool.count("ready") === 2);
  assert.equal((await pool.run("acquire", "small", "-o", "json")).code, 0);
  await pool.until(async () =>
    (await problems(pool)).includes("this daemon launches no nodes (--no-launches)")
  );
  assert.equal((await pool.run("delete", "1", "2", "--now")).code, 0);
  await pool.until(async () => await pool.count() === 0);
  assert.equal(pool.simulator.journal.countOf("server.create"), before);
  assert.equal(await pool.stopDaemon(), 0);
});

Deno.test("with --no-deletes nothing on a cloud is deleted, and each node says why; later it is", async () => {
  await using pool = await RunningPool.start({ config, clouds: [QUICK] });
  pool.startDaemon("--no-deletes");
  await pool.until(async () => await pool.count("ready") === 2);
  await pool.run("delete", "1");
  await pool.until(async () =>
    (await pool.run("list", "-o", "wide")).stdout.includes("this daemon deletes nothing (--no-deletes)")
  );
  // The place that it had is filled meanwhile.
  await pool.until(async () => await pool.count("ready") === 2);
  assert.equal(pool.simulator.journal.countOf("server.delete"), 0);
  assert.equal(await pool.stopDaemon(), 0);

  pool.startDaemon();
  await pool.until(async () => await pool.count() === 2);
  assert.equal(pool.simulator.cloud().servers.counts().standing, 2);
  assert.equal(await pool.stopDaemon(), 0);
});

Deno.test("with --no-webapp no status endpoint is served, whoever has its port", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  await using pool = await RunningPool.start({ config, clouds: [QUICK] });
  await pool.configure(config.replace("127.0.0.1:0", `127.0.0.1:${port}`));
  pool.startDaemon("--no-webapp");
  await pool.until(async () => await pool.count("ready") === 2);
  assert.ok((await pool.log()).includes("no status endpoint"));
  assert.equal(await pool.stopDaemon(), 0);
});
