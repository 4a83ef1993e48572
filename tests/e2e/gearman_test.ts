/** The running daemon and Debian's Gearman server: what its queues ask for is launched, and managers get the nodes. */
import assert from "node:assert/strict";
import { Gearmand } from "../demand/gearman/gearmand.ts";
import { GearmanPeer, type Handler, startWorker } from "../demand/gearman/gearman_peer.ts";
import { testNeeding } from "../needs.ts";
import { freePort } from "../ssh/openssh_server.ts";
import { jobConfig, QUICK } from "./job_pool.ts";
import { RunningPool } from "./running_pool.ts";

const TARGET = "targets: [{name: ci, assign-via-gearman: true}]";

const serversAt = (...ports: readonly number[]) =>
  `gearman-servers: [${ports.map((port) => `{host: 127.0.0.1, port: ${port}}`).join(", ")}]`;

const managing: Handler = ({ name }) => [
  ["WORK_COMPLETE", name.startsWith("node_assign:") ? JSON.stringify({ manager: "manager-1" }) : ""],
];

const startManager = (server: Gearmand) =>
  startWorker(server, { functions: ["node_assign:ci", "node_revoke:manager-1"], handle: managing });

async function queueJobs(server: Gearmand, count: number): Promise<void> {
  await using client = await GearmanPeer.connect(server);
  for (let job = 0; job < count; job++) client.send("SUBMIT_JOB_BG", "build:unit:small", `job-${job}`, "{}");
  await client.settled();
}

/** A worker that takes the jobs, so that they ask for nothing any more. */
const takeJobs = (server: Gearmand) =>
  startWorker(server, { functions: ["build:unit:small"], handle: () => [["WORK_COMPLETE", ""]] });

async function problems(pool: RunningPool): Promise<readonly string[]> {
  await using daemon = await pool.connect();
  return (await daemon?.ask("status", {}))?.problems ?? ["no daemon"];
}

testNeeding(
  ["gearmand"],
  "jobs in Gearman's queues get nodes, which a manager is told of and told of no more",
  async (t) => {
    await using server = await Gearmand.start();
    const dead = freePort();
    const config = jobConfig({ more: `${TARGET}\n${serversAt(dead, server.port)}` });
    await using pool = await RunningPool.start({ config, clouds: [QUICK] });
    await using manager = await startManager(server);

    await t.step("as many as the queue asks for become ready, though the other server is dead", async () => {
      await queueJobs(server, 2);
      pool.startDaemon();
      await pool.until(async () => await pool.count("ready") === 2);
      assert.equal(await pool.count(), 2);
      const [away, ...others] = await problems(pool);
      assert.ok(away?.startsWith(`Gearman server 127.0.0.1:${dead}: `), away);
      assert.deepEqual(others, []);
    });

    await t.step("explain counts the jobs", async () => {
      assert.match((await pool.run("explain", "small")).stdout, /^jobs +2 in Gearman's queue$/m);
    });

    await t.step("the manager has been told what it needs, and is shown", async () => {
      const nodes = await pool.nodes();
      const told = nodes.map(({ nodename, ip }) => ({
        name: nodename,
        host: ip,
        description: "Dynamic single use small node",
        labels: "small",
        root: "/home/ci",
      }));
      const jobs = manager.jobs.map((job) => job.match(/^node_assign:ci (.*)$/)?.[1] ?? job);
      const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
      assert.deepEqual(jobs.map((job) => JSON.parse(job)).sort(byName), told.sort(byName));
      assert.deepEqual(nodes.map((node) => node.manager), ["manager-1", "manager-1"]);
      const { stdout } = await pool.run("list");
      assert.equal(stdout.split("\n").filter((line) => line.includes("| manager-1 |")).length, 2, stdout);
    });

    await t.step("a node that is deleted is revoked, and none takes its place without a job", async () => {
      await using _taker = await takeJobs(server);
      await pool.until(async () =>
        !(await pool.run("explain", "small")).stdout.includes("in Gearman's queue")
      );
      const [node] = await pool.nodes();
      const deleted = await pool.run("delete", String(node!.id), "--now");
      assert.equal(deleted.code, 0, deleted.stderr);
      assert.deepEqual(manager.jobs.slice(2), [
        `node_revoke:manager-1 ${JSON.stringify({ name: node!.nodename })}`,
      ]);
      assert.equal(await pool.count("ready"), 1);
    });
  },
);

testNeeding(["gearmand"], "a Gearman server that went away is used again when it is back", async () => {
  await using server = await Gearmand.start();
  const config = (minReady: number) => jobConfig({ minReady, more: `${TARGET}\n${serversAt(server.port)}` });
  await using pool = await RunningPool.start({ config: config(0), clouds: [QUICK] });
  pool.startDaemon();
  await pool.until(async () => (await pool.log()).includes(`127.0.0.1:${server.port} is connected`));
  await server.kill();
  await pool.until(async () =>
    (await problems(pool)).some((problem) => problem.startsWith("Gearman server"))
  );
  await pool.configure(config(1));
  await pool.until(async () => {
    const { stdout } = await pool.run("label-list");
    return stdout.includes("target ci is offline: no Gearman server is connected");
  });
  assert.equal(await pool.count(), 0);

  await server.run();
  await using manager = await startManager(server);
  await pool.until(async () => await pool.count("ready") === 1);
  assert.equal(manager.jobs.length, 1);
  await queueJobs(server, 2);
  await pool.until(async () => await pool.count("ready") === 3);
  assert.equal(manager.jobs.length, 3);
  await pool.until(async () => (await problems(pool)).length === 0);
});
