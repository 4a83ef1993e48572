/**
 * A Jenkins starts jobs on its agents by itself, and that may be reported late or never. Whoever decides that a ready node goes,
 * a job that runs on it goes on, everybody is told why the node stays, and it goes once the job is over.
 */
import assert from "node:assert/strict";
import type { JobEvent } from "../../src/demand/zmq/job_event.ts";
import { type NodeRecord, serverIdOf, stateName } from "../../src/domain/node.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { JenkinsDouble, type JenkinsSettings, PASSWORD, USER } from "../targets/jenkins_double.ts";
import { imageConfig, order, readyImages } from "./image_pool.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

const TARGETS =
  `targets:\n  - {name: ci, rate: 0, jenkins: {url: "http://ci/", user: ${USER}, apikey: ${PASSWORD}}}\n`;

interface Jobs {
  readonly jenkins: JenkinsDouble;
  readonly virtual: VirtualPool;
  /** A ready node, on whose agent a job runs that nobody has reported. */
  readonly node: NodeRecord;
  /** Stops the node's server, as the cloud shows it. */
  readonly shutOff: () => void;
  /** Tells the pool of the job, where it listens to `tcp://ci:8888`. */
  readonly tell: (type: JobEvent["type"], result?: string) => void;
  /** As it is now; undefined: it is gone. */
  readonly now: () => NodeRecord | undefined;
}

/** A pool whose nodes are agents of a Jenkins that reports nothing, and a job on one of them. */
async function withJob(
  { config = poolConfig({ minReady: 4 }), ...settings }: JenkinsSettings & { config?: string },
  run: (jobs: Jobs) => Promise<void>,
): Promise<void> {
  const jenkins = new JenkinsDouble(settings);
  const stopped = new Set<string>();
  let publish = (_event: JobEvent) => assert.fail("nobody listens");
  const virtual: VirtualPool = VirtualPool.idle({
    config: config + TARGETS,
    listenToJobs({ endpoint, onEvent }) {
      publish = onEvent as typeof publish;
      const state = { status: "connected", since: virtual.clock.now() } as const;
      return { endpoint, state, [Symbol.asyncDispose]: () => Promise.resolve() };
    },
    changeCloud: (cloud) => ({
      ...cloud,
      async listServers(options) {
        const listing = await cloud.listServers(options);
        const servers = listing.servers.map((one) =>
          stopped.has(one.id) && one.status === "ACTIVE" ? { ...one, status: "SHUTOFF" } : one
        );
        return { ...listing, servers };
      },
    }),
    openTarget: (target) => jenkins.open(target, virtual),
  });
  await using pool = virtual;
  await pool.startPool();
  await virtual.until(() => virtual.count("ready") > 0 && virtual.count("building") === 0, HOUR);
  const node = virtual.pool.report().nodes.find((one) => stateName(one) === "ready")!;
  jenkins.busy.add(node.nodename);
  await run({
    jenkins,
    virtual,
    node,
    tell: (type, result = "SUCCESS") =>
      publish({ type, job: "unit", nodename: node.nodename, result, branch: null }),
    shutOff() {
      stopped.add(serverIdOf(node)!);
      virtual.serverOf(node).touchedAt = virtual.clock.now();
    },
    now: () => virtual.pool.ledger.nodes.get(node.id),
  });
}

/** The job goes on for a long time, the node says why it is there, and goes when the job is over, by itself. */
async function assertSpared({ jenkins, virtual, node, now }: Jobs, why: RegExp): Promise<void> {
  const serverId = serverIdOf(node)!;
  await virtual.clock.advance(20 * MINUTE);
  assert.deepEqual([jenkins.killed, virtual.exists(serverId)], [[], true]);
  assert.match(now()?.waitingOn?.message ?? "it says nothing", why);
  jenkins.busy.delete(node.nodename);
  await virtual.until(() => now() === undefined, 10 * MINUTE);
  assert.deepEqual([jenkins.killed, jenkins.agents.has(node.nodename), virtual.exists(serverId)], [
    [],
    false,
    false,
  ]);
}

const RUNS = /a job runs on agent .* on target ci/;

Deno.test("check: a node whose login fails while a job runs on it is spared", () =>
  withJob({ config: `cron: {check: "*/5 * * * *"}\n${poolConfig({ minReady: 4 })}` }, async (jobs) => {
    jobs.virtual.serverOf(jobs.node).hostKeyEpoch++;
    await assertSpared(jobs, RUNS);
  }));

Deno.test("image-delete --replace-ready: a node on which a job runs is spared", () =>
  withJob({ config: imageConfig({ minReady: 2 }) }, async (jobs) => {
    const { virtual } = jobs;
    const [first] = readyImages(virtual);
    await order(virtual, "update", "noble");
    await virtual.ask("image-delete", { ids: [first!.id], comment: "bad", replaceReady: true });
    await assertSpared(jobs, RUNS);
  }));

Deno.test("a server that stands still under a job is nobody's to delete", () =>
  withJob({}, async (jobs) => {
    jobs.shutOff();
    await assertSpared(jobs, RUNS);
  }));

Deno.test("a label that is removed leaves the jobs on its nodes to their end", () =>
  withJob({}, async (jobs) => {
    const config = poolConfig({ minReady: 1 }).replace("name: small", "name: other") + TARGETS;
    await jobs.virtual.during(jobs.virtual.reconfigure(config));
    await assertSpared(jobs, RUNS);
  }));

for (
  const [what, before, after] of [
    ["max-ready-age", poolConfig({ minReady: 4 }), poolConfig({ minReady: 4, label: "max-ready-age: 5m" })],
    ["min-ready", poolConfig({ minReady: 4 }), poolConfig({ minReady: 0 })],
  ] as const
) {
  Deno.test(`${what}: a node that is to go ends with its job, though nobody reports jobs`, () =>
    withJob({ config: before }, async (jobs) => {
      await jobs.virtual.during(jobs.virtual.reconfigure(after + TARGETS));
      await assertSpared(jobs, RUNS);
    }));
}

for (const name of ["hold", "unhold"] as const) {
  Deno.test(`the end of a hold (${name}) spares a job that began on the node meanwhile`, () =>
    withJob({}, async (jobs) => {
      const ids = [jobs.node.id];
      const duration = name === "hold" ? MINUTE : null;
      await jobs.virtual.ask("hold", { ids, reason: null, owner: null, duration });
      if (name === "unhold") await jobs.virtual.ask("unhold", { ids, comment: "not held any more" });
      await assertSpared(jobs, RUNS);
    }));
}

Deno.test("a node that somebody deletes goes at once, also where it has been waiting for its job", () =>
  withJob({}, async ({ jenkins, virtual, node, shutOff, now }) => {
    shutOff();
    await virtual.clock.advance(20 * MINUTE);
    assert.ok(virtual.exists(serverIdOf(node)!));
    await virtual.ask("delete", { ids: [node.id], comment: "deleted by ada" });
    await virtual.until(() => now() === undefined, 30 * SECOND);
    assert.deepEqual(jenkins.killed, [node.nodename]);
  }));

Deno.test("while the Jenkins does not answer nothing goes that a job may run on, and no longer than node-stuck", () =>
  withJob({ config: `limits: {node-stuck: 2h}\n${poolConfig({ minReady: 1 })}` }, async (jobs) => {
    const { jenkins, virtual, node, shutOff, now } = jobs;
    shutOff();
    jenkins.loading = true;
    await virtual.clock.advance(115 * MINUTE);
    assert.ok(virtual.exists(serverIdOf(node)!));
    assert.match(now()!.waitingOn!.message, /agent .* on target ci/);
    await virtual.until(() => now() === undefined, 10 * MINUTE);
  }));

Deno.test("a target that goes, and comes back, keeps its jobs", () =>
  withJob({ config: `limits: {hold-max-age: 1m}\n${poolConfig({ minReady: 4 })}` }, async (jobs) => {
    const { virtual, node, now } = jobs;
    const config = `limits: {hold-max-age: 1m}\n${poolConfig({ minReady: 4 })}`;
    await virtual.during(virtual.reconfigure(config));
    await virtual.ask("hold", { ids: [node.id], reason: null, owner: null, duration: null });
    await virtual.clock.advance(20 * MINUTE);
    assert.ok(virtual.exists(serverIdOf(node)!));
    assert.match(
      now()!.waitingOn!.message,
      /no longer has target ci; a job may be running on the node unreported/,
    );
    await virtual.during(virtual.reconfigure(config + TARGETS));
    await assertSpared(jobs, RUNS);
  }));

for (const rest of ["targets: [{name: other}]\n", "targets: [{name: ci}]\n"]) {
  Deno.test(`ready nodes of a Jenkins that the configuration no longer has are replaced, and go after node-stuck: ${rest}`, () =>
    withJob({ config: poolConfig({ minReady: 1 }) }, async ({ virtual, node, now }) => {
      const config = `limits: {node-stuck: 20m}\n${poolConfig({ minReady: 1 })}${rest}`;
      await virtual.during(virtual.reconfigure(config));
      await virtual.until(() => virtual.count("ready") === 1 && virtual.count("delete") === 1, HOUR);
      assert.match(
        now()!.waitingOn!.message,
        /target (ci|other).*; a job may be running on the node unreported/,
      );
      await virtual.clock.advance(10 * MINUTE);
      assert.ok(virtual.exists(serverIdOf(node)!));
      await virtual.until(() => virtual.pool.report().nodes.length === 1, 15 * MINUTE);
    }));
}

for (const before of ["", "targets: [{name: other}]\n", "targets: [{name: ci}]\n"]) {
  Deno.test(`ready nodes from before a Jenkins was configured make room for its agents: ${before}`, async () => {
    const jenkins = new JenkinsDouble();
    await using virtual: VirtualPool = await VirtualPool.start({
      config: poolConfig({ minReady: 1 }) + before,
      openTarget: (target) => target.jenkins === null ? null : jenkins.open(target, virtual),
    });
    await virtual.until(() => virtual.count("ready") === 1);
    await virtual.during(virtual.reconfigure(poolConfig({ minReady: 1 }) + TARGETS));
    await virtual.until(() => jenkins.agents.size === 1 && virtual.pool.report().nodes.length === 1, HOUR);
  });
}

Deno.test("a node on which no job runs goes as soon as its Jenkins says so", () =>
  withJob({}, async ({ jenkins, virtual, node, shutOff, now }) => {
    jenkins.requests.length = 0;
    jenkins.busy.delete(node.nodename);
    shutOff();
    await virtual.until(() => now() === undefined, 3 * MINUTE);
    assert.deepEqual(jenkins.calls.filter((call) => call.includes(node.nodename)), [
      `GET /computer/${node.nodename}/config.xml`,
      `POST /computer/${node.nodename}/config.xml`,
      `GET /computer/${node.nodename}/config.xml`,
      `POST /computer/${node.nodename}/doDelete`,
    ]);
  }));

Deno.test("a server that is gone keeps nobody waiting for its job", () =>
  withJob({}, async ({ virtual, node, now }) => {
    const cloud = virtual.openCloud("main");
    await virtual.during(cloud.deleteServer(serverIdOf(node)!, { signal: new AbortController().signal }));
    await cloud[Symbol.asyncDispose]();
    await virtual.until(() => now() === undefined, 10 * MINUTE);
  }));

Deno.test("a restart between any two steps forgets nothing of it", () =>
  withJob({}, async (jobs) => {
    jobs.shutOff();
    for (const pause of [30 * SECOND, MINUTE, 5 * MINUTE]) {
      await jobs.virtual.clock.advance(pause);
      await jobs.virtual.killPool();
      await jobs.virtual.startPool();
    }
    await assertSpared(jobs, RUNS);
  }));

Deno.test("nodes of a label with a dot in its name are agents of their own, and none is removed for another", () =>
  withJob({ config: poolConfig({ minReady: 1 }).replaceAll("small", "ubuntu-22.04") }, async (jobs) => {
    const { jenkins, virtual, node, now } = jobs;
    assert.equal(node.nodename, "ubuntu-22.04-main-1");
    const config = poolConfig({ minReady: 3 }).replaceAll("small", "ubuntu-22.04") + TARGETS;
    await virtual.during(virtual.reconfigure(config));
    await virtual.until(() => virtual.count("ready") === 3);
    assert.deepEqual([jenkins.killed, jenkins.agents.size, now()?.state.phase], [[], 3, "ready"]);
  }));

Deno.test("nodes whose hostnames are the same are agents of their own, and none ends another's job", async () => {
  const jenkins = new JenkinsDouble();
  await using virtual: VirtualPool = VirtualPool.idle({
    config: poolConfig({ minReady: 2 }) +
      TARGETS.replace("{name: ci", '{hostname: "{label.name}.example.org", name: ci'),
    openTarget: (target) => jenkins.open(target, virtual),
  });
  await virtual.startPool();
  await virtual.until(() => virtual.count("ready") === 2);
  const nodes = virtual.pool.report().nodes;
  assert.deepEqual(
    nodes.map(({ hostname, nodename }) => [hostname, nodename]),
    [1, 2].map((id) => [
      "small.example.org",
      `small-${id}`,
    ]),
  );
  assert.equal(jenkins.agents.size, 2);
});

Deno.test("a node of an older state that shares its name, and so its agent, leaves the other's agent alone", () =>
  withJob({ config: poolConfig({ minReady: 1 }) }, async ({ jenkins, virtual, node, now }) => {
    await virtual.pool.ledger.changeNode(node.id, (one) => ({
      ...one,
      addresses: { ...one.addresses!, login: "203.0.113.250" },
    }));
    await virtual.ask("delete", { ids: [node.id], comment: "deleted by ada" });
    await virtual.until(() => now() === undefined, 10 * MINUTE);
    assert.deepEqual([jenkins.killed, jenkins.agents.has(node.nodename)], [[], true]);
  }));

const HEARD = `zmq-publishers: ["tcp://ci:8888"]\n`;

const labelOf = (jenkins: JenkinsDouble, { nodename }: NodeRecord) =>
  jenkins.agents.get(nodename)!.xml.match(/<label>(.*)<\/label>/)![1];

Deno.test("an agent whose job begins while its Jenkins does not answer gets no second one once it does", () =>
  withJob({ config: HEARD + poolConfig({ minReady: 1 }) }, async ({ jenkins, virtual, node, now, tell }) => {
    jenkins.loading = true;
    await virtual.clock.advance(30 * SECOND);
    tell("started");
    await virtual.clock.advance(30 * SECOND);
    assert.deepEqual([now()!.state.phase, labelOf(jenkins, node)], ["used", "small"]);
    jenkins.loading = false;
    await virtual.until(() => labelOf(jenkins, node) === "", 2 * MINUTE);
  }));

Deno.test("a report that comes late calls the deletion off, and the node ends with its job", () =>
  withJob(
    { config: HEARD + poolConfig({ minReady: 1 }) },
    async ({ jenkins, virtual, node, now, shutOff, tell }) => {
      shutOff();
      await virtual.clock.advance(2 * MINUTE);
      assert.equal(stateName(now()!), "delete");
      tell("started");
      await virtual.clock.advance(HOUR);
      assert.deepEqual([now()!.state.phase, now()!.job, jenkins.killed], ["used", "unit", []]);
      jenkins.busy.delete(node.nodename);
      tell("finalized");
      await virtual.until(() => now() === undefined, 10 * MINUTE);
      assert.deepEqual((await virtual.pool.ledger.getHistory(node.id))!.node.result, "used");
    },
  ));

Deno.test("where Jenkins keeps an agent's label, the end of one job is not that of another that nobody reported", () => {
  const config = `limits: {delete-delay: 30}\n${HEARD}${poolConfig({ minReady: 1 })}`;
  return withJob({ config, lacking: ["Agent/Configure"] }, async (jobs) => {
    jobs.tell("started");
    await jobs.virtual.clock.advance(MINUTE);
    jobs.tell("finalized");
    await assertSpared(jobs, RUNS);
  });
});
