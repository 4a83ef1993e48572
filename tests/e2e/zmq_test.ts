/** The running daemon and a publisher of Debian's libzmq: what Jenkins tells of jobs decides over their nodes. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/lib/clock.ts";
import { LibzmqPublisher } from "../demand/zmq/libzmq_publisher.ts";
import { testNeeding } from "../needs.ts";
import { jobConfig, jobEvent, QUICK } from "./job_pool.ts";
import { RunningPool } from "./running_pool.ts";

type Pool = Pick<RunningPool, "nodes">;

/** Warnings of one kind that the log has in a minute. */
const LINES_OF_A_KIND = 100;

async function nodeOf(pool: Pool, id: number) {
  return (await pool.nodes()).find((node) => node.id === id);
}

/** A node that waits for work. */
async function readyNode(pool: RunningPool) {
  await pool.until(async () => await pool.count("ready") > 0);
  return (await pool.nodes()).find(({ state }) => state === "ready")!;
}

/** Has a job run on a ready node, up to that end. */
async function runJob(
  { pool, publisher }: { pool: RunningPool; publisher: LibzmqPublisher },
  { result, job }: { result: string; job: string },
) {
  const { id, nodename: node } = await readyNode(pool);
  await publisher.do("send", jobEvent("onStarted", { job, node }));
  await pool.until(async () => (await nodeOf(pool, id))?.state === "used", { every: 20 });
  const endedAt = systemClock.now();
  await publisher.do("send", jobEvent("onCompleted", { job, node, result }));
  await publisher.do("send", jobEvent("onFinalized", { job, node, result }));
  return { id, endedAt };
}

testNeeding(
  ["libzmq"],
  "jobs that Jenkins tells of use nodes up, and those that failed have theirs held",
  async (t) => {
    await using publisher = await LibzmqPublisher.start();
    const more = `zmq-publishers: ["${publisher.endpoint}"]`;
    await using pool = await RunningPool.start({ config: jobConfig({ minReady: 2, more }), clouds: [QUICK] });
    pool.startDaemon();
    const both = { pool, publisher };
    await publisher.tells("subscribed ");

    await t.step(
      "a job that has begun makes its node used; delete-delay after its end it is deleted",
      async () => {
        const { id, endedAt } = await runJob(both, { job: "unit", result: "SUCCESS" });
        assert.equal((await nodeOf(pool, id))?.job, "unit");
        await pool.until(async () => await nodeOf(pool, id) === undefined, { every: 20 });
        const told = await (await pool.fetch(`/nodes/${id}`)).text();
        assert.match(told, /job unit ended: SUCCESS/);
        const deletion = (await pool.logLines()).find((line) =>
          line.node === id && line.to === "delete-server"
        );
        const after = Date.parse(deletion!.time) - endedAt;
        assert.ok(after >= 1_000, `deleted after ${after} ms`);
      },
    );

    const held = await t.step(
      "the node of a failed job with an entry is held, up to its number",
      async () => {
        const made = await pool.run("job-create", "flaky", "--hold-on-failure", "1");
        assert.equal(made.code, 0, made.stderr);
        const first = await runJob(both, { job: "flaky", result: "FAILURE" });
        await pool.until(async () => (await nodeOf(pool, first.id))?.state === "hold");
        const { stdout } = await pool.run("list", "--state", "hold");
        assert.ok(stdout.includes("| Automatically held after failing flaky |"), stdout);
        const second = await runJob(both, { job: "flaky", result: "FAILURE" });
        await pool.until(async () => await nodeOf(pool, second.id) === undefined);
      },
    );
    if (!held) return;

    const [kept] = (await pool.nodes()).filter(({ state }) => state === "hold");
    await t.step("a held node stays, whatever is told of it", async () => {
      const node = kept!.nodename;
      await publisher.do("send", jobEvent("onStarted", { node }));
      await publisher.do("send", jobEvent("onFinalized", { node, result: "SUCCESS" }));
      await runJob(both, { job: "unit", result: "SUCCESS" });
      assert.equal((await nodeOf(pool, kept!.id))?.state, "hold");
    });

    await t.step("10,000 messages at once, strange ones among them, neither stop nor block it", async () => {
      const end = (node: string) => jobEvent("onFinalized", { node, result: "FAILURE" });
      await publisher.do("count", 0, 4_000, end("somebodys-node-%d"));
      await publisher.do("count", 4_000, 7_000, "onFinalized {%d: this is no JSON");
      await publisher.do("count", 7_000, 10_000, end(kept!.nodename).replace('"number":7', '"number":%d'));
      await publisher.do("size", 1_000_000);
      await publisher.do("send", "onFinalized", "in", "many", "frames");
      const { id, nodename } = await readyNode(pool);
      await publisher.do("send", jobEvent("onStarted", { node: nodename }));
      let slowest = 0;
      await pool.until(async () => {
        const since = systemClock.monotonic();
        assert.equal(await (await pool.fetch("/healthz")).text(), '{"status":"ok"}');
        slowest = Math.max(slowest, systemClock.monotonic() - since);
        return (await nodeOf(pool, id))?.state === "used";
      }, { every: 10 });
      assert.ok(slowest < 5_000, `an answer took ${slowest} ms`);
      assert.equal((await nodeOf(pool, kept!.id))?.state, "hold");
      const strange = (await pool.logLines()).filter(({ message }) => message.includes("is not a job event"));
      assert.equal(strange.length, LINES_OF_A_KIND, "a flood does not fill the log");
    });
  },
);
