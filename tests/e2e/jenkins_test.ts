/** The running daemon and Jenkins doubles over HTTP: ready nodes are agents there, as long as they may get jobs. */
import assert from "node:assert/strict";
import { LibzmqPublisher } from "../demand/zmq/libzmq_publisher.ts";
import { testNeeding } from "../needs.ts";
import { JenkinsDouble, PASSWORD, USER } from "../targets/jenkins_double.ts";
import { serveJenkins } from "../targets/served_jenkins.ts";
import { jobConfig, jobEvent, QUICK } from "./job_pool.ts";
import { RunningPool } from "./running_pool.ts";

const targetAt = (name: string, url: string, more = "") =>
  `  - {name: ${name}, rate: 0, jenkins: {url: "${url}", user: ${USER}, apikey: ${PASSWORD}${more}}}\n`;

const labelOf = (jenkins: JenkinsDouble, agent: string) =>
  jenkins.agents.get(agent)?.xml.match(/<label>(.*)<\/label>/)?.[1];

const deletionOf = (agent: string) => `/computer/${agent}/doDelete`;

/** A Jenkins that looks, whenever an agent is deleted, whether the agent's server is still wanted. */
class WatchfulJenkins extends JenkinsDouble {
  /** The agents that were deleted, each with how many servers had been deleted by then. */
  readonly deletions: { readonly agent: string; readonly deletedServers: number }[] = [];
  pool: RunningPool | null = null;

  override answer(request: Request) {
    const agent = new URL(request.url).pathname.match(/^\/computer\/([^/]+)\/doDelete$/)?.[1];
    if (agent !== undefined && this.pool !== null) {
      this.deletions.push({ agent, deletedServers: serverDeletions(this.pool) });
    }
    return super.answer(request);
  }
}

function serverDeletions({ simulator }: RunningPool): number {
  return simulator.journal.rows().filter(({ operation, effect }) => operation === "server.delete" && effect)
    .length;
}

async function nodeOf(pool: RunningPool, id: number) {
  return (await pool.nodes()).find((node) => node.id === id);
}

Deno.test("a ready node is an agent of its target, which forgets it before its server goes", async (t) => {
  const jenkins = new WatchfulJenkins();
  await using served = await serveJenkins(jenkins);
  const config = jobConfig({ minReady: 1, more: `targets:\n${targetAt("ci", served.url)}` });
  await using pool = await RunningPool.start({ config, clouds: [QUICK] });
  jenkins.pool = pool;
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === 1);
  const [node] = await pool.nodes();

  await t.step("with its label, its address and its home", () => {
    const xml = jenkins.agents.get(node!.nodename)?.xml ?? "no agent";
    for (
      const part of ["<label>small</label>", `<host>${node!.ip}</host>`, "<remoteFS>/home/ci</remoteFS>"]
    ) {
      assert.ok(xml.includes(part), xml);
    }
    assert.equal(node!.manager, "ci");
  });

  await t.step("a deleted one is no agent any more when its server is deleted", async () => {
    const deleted = await pool.run("delete", String(node!.id), "--now");
    assert.equal(deleted.code, 0, deleted.stderr);
    assert.deepEqual(jenkins.deletions, [{ agent: node!.nodename, deletedServers: 0 }]);
    assert.equal(serverDeletions(pool), 1);
    assert.equal(jenkins.agents.has(node!.nodename), false);
  });

  await t.step("a request that the target fails is made again", async () => {
    await pool.until(async () => await pool.count("ready") === 1);
    const next = (await pool.nodes()).find(({ state }) => state === "ready")!;
    const path = new RegExp(deletionOf(next.nodename));
    jenkins.failNext({ path, answer: new Response("busy", { status: 503 }) });
    const deleted = await pool.run("delete", String(next.id), "--now");
    assert.equal(deleted.code, 0, deleted.stderr);
    assert.deepEqual(jenkins.deletions.slice(1), [
      { agent: next.nodename, deletedServers: 1 },
      { agent: next.nodename, deletedServers: 1 },
    ]);
  });
});

/** Two Jenkins doubles, and a pool whose targets `a` and `b` they are. */
async function withTwoTargets(
  minReady: number,
  run: (two: {
    a: JenkinsDouble;
    b: JenkinsDouble;
    pool: RunningPool;
    configOf: (minReady: number) => string;
  }) => Promise<void>,
): Promise<void> {
  const [a, b] = [new JenkinsDouble(), new JenkinsDouble()];
  await using servedA = await serveJenkins(a);
  await using servedB = await serveJenkins(b);
  const more = `targets:\n${targetAt("a", servedA.url)}${targetAt("b", servedB.url)}`;
  const configOf = (minReady: number) => jobConfig({ minReady, more });
  await using pool = await RunningPool.start({ config: configOf(minReady), clouds: [QUICK] });
  await run({ a, b, pool, configOf });
}

Deno.test("two targets get nodes evenly, and one that is quieting down gets no new ones", () =>
  withTwoTargets(4, async ({ a, b, pool, configOf }) => {
    pool.startDaemon();
    await pool.until(async () => await pool.count("ready") === 4);
    assert.deepEqual([a.agents.size, b.agents.size], [2, 2]);
    a.quietingDown = { reason: "upgrade tonight" };
    const why = "target a is offline: it is quieting down: upgrade tonight";
    await pool.until(async () => (await pool.run("status")).stdout.includes(why));
    await pool.configure(configOf(6));
    await pool.until(async () => await pool.count("ready") === 6);
    assert.deepEqual([a.agents.size, b.agents.size], [2, 4]);
  }));

Deno.test("where no target takes nodes none is launched, and everybody is told why", () =>
  withTwoTargets(2, async ({ a, b, pool }) => {
    a.quietingDown = { reason: "upgrade tonight" };
    b.loading = true;
    pool.startDaemon();
    const quiet = "target a is offline: it is quieting down: upgrade tonight; target b is offline: ";
    await pool.until(async () => (await pool.run("label-list")).stdout.includes(quiet));
    const { stdout } = await pool.run("status");
    assert.ok(stdout.includes(`label small: 2 nodes missing: main: ${quiet}`), stdout);
    assert.equal(await pool.count(), 0);
    b.loading = false;
    await pool.until(async () => await pool.count("ready") === 2);
    assert.deepEqual([a.agents.size, b.agents.size], [0, 2]);
  }));

testNeeding(["libzmq"], "a node must pass its target's test-job before jobs may have it", async (t) => {
  const jenkins = new WatchfulJenkins({ jobs: { "node-test": "parameters" } });
  await using served = await serveJenkins(jenkins);
  await using publisher = await LibzmqPublisher.start();
  const more = `zmq-publishers: ["${publisher.endpoint}"]\n` +
    `targets:\n${targetAt("ci", served.url, ", test-job: node-test")}`;
  await using pool = await RunningPool.start({
    config: jobConfig({ minReady: 1, more }),
    clouds: [QUICK],
  });
  jenkins.pool = pool;
  pool.startDaemon();
  await publisher.tells("subscribed ");
  const testedNode = async () => {
    await pool.until(async () => await pool.count("test") === 1);
    return (await pool.nodes()).find(({ state }) => state === "test")!;
  };
  const end = (node: string, result: string, job = "node-test") =>
    publisher.do("send", jobEvent("onFinalized", { job, node, result }));

  await t.step("it is tested as an agent without a label", async () => {
    const { nodename } = await testedNode();
    assert.equal(labelOf(jenkins, nodename), "");
    await pool.until(() => jenkins.queue.length === 1);
    assert.deepEqual(jenkins.queue, [{ job: "node-test", parameters: { NODE: nodename } }]);
  });

  await t.step("failing, it is deleted, and the next is tested", async () => {
    const { id, nodename } = await testedNode();
    await end(nodename, "FAILURE");
    await pool.until(async () => await nodeOf(pool, id) === undefined);
    assert.deepEqual(jenkins.deletions, [{ agent: nodename, deletedServers: 0 }]);
    const told = await (await pool.fetch(`/nodes/${id}`)).text();
    assert.match(told, /failed its test-job node-test: FAILURE/);
  });

  await t.step("passing, it is ready with its label; another job's end is no test's", async () => {
    const { id, nodename } = await testedNode();
    await publisher.do("send", jobEvent("onStarted", { job: "node-test", node: nodename }));
    await end(nodename, "SUCCESS", "other-job");
    await pool.until(() => jenkins.queue.length === 2);
    assert.equal((await nodeOf(pool, id))?.state, "test");
    await end(nodename, "SUCCESS");
    await pool.until(async () => (await nodeOf(pool, id))?.state === "ready");
    assert.equal(labelOf(jenkins, nodename), "small");
    assert.equal(jenkins.queue.length, 2);
  });

  await t.step("it gets one job: the agent has no label from its start on", async () => {
    const [{ id, nodename }] = await pool.nodes() as [Awaited<ReturnType<typeof pool.nodes>>[number]];
    await publisher.do("send", jobEvent("onStarted", { node: nodename }));
    await pool.until(() => labelOf(jenkins, nodename) === "");
    assert.equal((await nodeOf(pool, id))?.state, "used");
    await publisher.do("send", jobEvent("onFinalized", { node: nodename, result: "SUCCESS" }));
    await pool.until(async () => await nodeOf(pool, id) === undefined);
    const next = await testedNode();
    await pool.until(() => jenkins.queue.length === 3);
    await end(next.nodename, "SUCCESS");
    await pool.until(async () => (await nodeOf(pool, next.id))?.state === "ready");
  });

  await t.step("a test that cannot be started is started later", async () => {
    const [ready] = await pool.nodes();
    jenkins.failNext({ path: /buildWithParameters/, answer: new Response("busy", { status: 503 }) });
    await pool.run("delete", String(ready!.id), "--now");
    const { id, nodename } = await testedNode();
    await pool.until(() => jenkins.queue.length === 4);
    await end(nodename, "SUCCESS");
    await pool.until(async () => (await nodeOf(pool, id))?.state === "ready");
  });
});
