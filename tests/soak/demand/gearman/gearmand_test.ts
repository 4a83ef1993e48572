/** Gearman against Debian's gearmand: what works there works with the servers that people run. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createGearman, type Gearman } from "../../../../src/demand/gearman/gearman.ts";
import { GearmanError } from "../../../../src/demand/gearman/gearman_error.ts";
import { type Clock, systemClock } from "../../../../src/lib/clock.ts";
import { seededRandom } from "../../../../src/lib/random.ts";
import { VirtualClock } from "../../../virtual_clock.ts";
import type { Address } from "../../../../src/demand/wire.ts";
import { testNeeding } from "../../../needs.ts";
import { freePort } from "../../../ssh/openssh_server.ts";
import { eventually, PATIENCE } from "../../../eventually.ts";
import { watchBlocks } from "../../../demand/longest_block.ts";
import { GearmanPeer, type Handler, startWorker } from "../../../demand/gearman/gearman_peer.ts";
import { Gearmand } from "../../../demand/gearman/gearmand.ts";
import { bareNode as node } from "../../../demand/gearman/bare_node.ts";

function withGearmand(name: string, fn: (server: Gearmand) => Promise<void>): void {
  testNeeding(["gearmand"], `gearmand: ${name}`, async () => {
    await using server = await Gearmand.start();
    await fn(server);
  });
}

const signal = new AbortController().signal;

async function connect(servers: readonly Address[], { clock = systemClock as Clock, connected = 1 } = {}) {
  const gearman = createGearman({ clock, random: seededRandom(1) });
  await gearman.configure(servers);
  await eventually(() => countConnected(gearman) === connected);
  return gearman;
}

const countConnected = ({ servers }: Gearman) =>
  servers.filter(({ state }) => state.status === "connected").length;

const assign = (gearman: Gearman, timeout = PATIENCE) => gearman.assign("jenkins", node, { timeout, signal });

async function errorOf(work: Promise<unknown>): Promise<GearmanError> {
  const error = await work.then(() => null, (error) => error);
  ok(error instanceof GearmanError, `no GearmanError: ${error}`);
  return error;
}

withGearmand("readDemand() reads 30,000 functions and blocks nobody for long", async (server) => {
  await using client = await GearmanPeer.connect(server);
  for (let job = 0; job < 30_000; job++) {
    client.send("SUBMIT_JOB_BG", `build:gate-project-${job}-python:label-${job % 20}`, "", "{}");
  }
  for (let job = 0; job < 100; job++) {
    client.send("SUBMIT_JOB_BG", "build:gate-project-7-python", `u${job}`, "{}");
  }
  await client.settled();
  await using gearman = await connect([server]);
  const expected = new Map(
    Array.from({ length: 20 }, (_, label) => [`label-${label}`, label === 7 ? 1600 : 1500]),
  );
  // What a busy machine adds is not there each time; what the code does is.
  const longest: number[] = [];
  for (let time = 0; time < 5; time++) {
    await using blocks = watchBlocks();
    deepEqual(await gearman.readDemand({ signal }), expected);
    longest.push(blocks.longest);
  }
  ok(Math.min(...longest) < 50, `blocked for ${longest.join(", ")} ms`);
});

withGearmand("readDemand() counts jobs that wait and not those that run", async (server) => {
  await using client = await GearmanPeer.connect(server);
  for (let job = 0; job < 3; job++) client.send("SUBMIT_JOB_BG", "build:unit:small", `u${job}`, "{}");
  client.send("SUBMIT_JOB_BG", "build:unit", "other", "{}");
  await client.settled();
  await using gearman = await connect([server]);
  deepEqual(await gearman.readDemand({ signal }), new Map([["small", 4]]));
  await using worker = await GearmanPeer.connect(server);
  worker.send("CAN_DO", "build:unit:small");
  worker.send("GRAB_JOB");
  await worker.settled();
  deepEqual(await gearman.readDemand({ signal }), new Map([["small", 3]]));
});

withGearmand("readDemand() reads an empty status", async (server) => {
  await using gearman = await connect([server]);
  deepEqual(await gearman.readDemand({ signal }), new Map());
});

withGearmand("readDemand() goes on after the server was started again", async (server) => {
  await using gearman = await connect([server]);
  await server.kill();
  await eventually(() => countConnected(gearman) === 0);
  deepEqual(await gearman.readDemand({ signal }), new Map());
  ok(await server.run());
  await using client = await GearmanPeer.connect(server);
  client.send("SUBMIT_JOB_BG", "build:unit:small", "", "{}");
  await client.settled();
  await eventually(() => countConnected(gearman) === 1);
  deepEqual(await gearman.readDemand({ signal }), new Map([["small", 1]]));
});

withGearmand(
  "readDemand() adds up two servers, and goes on with one where the other is dead",
  async (server) => {
    await using other = await Gearmand.start();
    for (const each of [server, other]) {
      await using client = await GearmanPeer.connect(each);
      client.send("SUBMIT_JOB_BG", "build:unit:small", "", "{}");
      await client.settled();
    }
    await using gearman = await connect([other, server], { connected: 2 });
    deepEqual(await gearman.readDemand({ signal }), new Map([["small", 2]]));
    await other.kill();
    await eventually(() => countConnected(gearman) === 1);
    deepEqual(await gearman.readDemand({ signal }), new Map([["small", 1]]));
    deepEqual(gearman.servers.map(({ port, state }) => [port, state.status]), [
      [other.port, "away"],
      [server.port, "connected"],
    ]);
  },
);

withGearmand("a server that is dead from the start is told, and tried again", async (server) => {
  await using gearman = await connect([{ host: "127.0.0.1", port: freePort() }, server]);
  await eventually(() => gearman.servers[0]!.state.status === "away");
  const { state } = gearman.servers[0]!;
  match(
    state.status === "away" ? state.message : "",
    /connection refused; check that it runs and that this is its port/,
  );
  ok(state.status === "away" && state.retryAt > state.since);
});

withGearmand("a server that goes silent is given up, and found again when it goes on", async (server) => {
  const clock = new VirtualClock();
  await using gearman = await connect([server], { clock });
  const pass = () => clock.advance(100);
  const { state: before } = gearman.servers[0]!;
  for (let turn = 0; turn < 4; turn++) {
    await clock.advance(32_000);
    // Its answers come in order: with this one, that to the probe has come too.
    await gearman.readDemand({ signal });
  }
  deepEqual(gearman.servers[0]!.state, before, "while it answers it stays connected");
  server.freeze();
  await eventually(() => countConnected(gearman) === 0, pass);
  const { state } = gearman.servers[0]!;
  match(state.status === "away" ? state.message : "", /no response for 10 s/);
  server.thaw();
  await eventually(() => countConnected(gearman) === 1, pass);
});

const functions = ["node_assign:jenkins", "node_revoke:manager-1"];

withGearmand(
  "assign() gives the manager that a worker names, and the worker the node's facts",
  async (server) => {
    const handle: Handler = () => [["WORK_STATUS", "1", "2"], ["WORK_COMPLETE", '{"manager": "manager-1"}']];
    await using worker = await startWorker(server, { functions, handle });
    await using gearman = await connect([server]);
    deepEqual(await assign(gearman), { manager: "manager-1" });
    deepEqual(worker.jobs, [`node_assign:jenkins ${JSON.stringify(node)}`]);
  },
);

withGearmand("assign() hands over many nodes at once, each once", async (server) => {
  const handle: Handler = (
    { argument },
  ) => [["WORK_COMPLETE", `{"manager": "for ${JSON.parse(argument).name}"}`]];
  await using worker = await startWorker(server, { functions, handle });
  await using gearman = await connect([server]);
  const names = Array.from({ length: 500 }, (_, index) => `bare-${index}`);
  const managers = await Promise.all(
    names.map((name) => gearman.assign("jenkins", { ...node, name }, { timeout: PATIENCE, signal })),
  );
  deepEqual(managers.map(({ manager }) => manager), names.map((name) => `for ${name}`));
  equal(worker.jobs.length, 500);
});

withGearmand("assign() while a long status is read disturbs neither", async (server) => {
  await using client = await GearmanPeer.connect(server);
  for (let job = 0; job < 5_000; job++) client.send("SUBMIT_JOB_BG", `build:job-${job}:small`, "", "{}");
  await client.settled();
  await using _worker = await startWorker(server, { functions, handle: () => [["WORK_COMPLETE", "{}"]] });
  await using gearman = await connect([server]);
  for (let turn = 0; turn < 5; turn++) {
    const [demand, ...assigned] = await Promise.all([
      gearman.readDemand({ signal }),
      ...Array.from({ length: 20 }, () => assign(gearman)),
    ]);
    deepEqual([demand, assigned.length], [new Map([["small", 5_000]]), 20]);
  }
});

withGearmand("assign() tells a worker's failure and its exception", async (server) => {
  const outcomes: Record<string, ReturnType<Handler>> = {
    "node_assign:a": [["WORK_FAIL"]],
    "node_assign:b": [["WORK_EXCEPTION", "KeyError: name"]],
    "node_assign:c": [["WORK_COMPLETE", "no json"]],
  };
  await using _worker = await startWorker(server, {
    functions: Object.keys(outcomes),
    handle: ({ name }) => outcomes[name]!,
  });
  await using gearman = await connect([server]);
  const failures = await Promise.all(
    ["a", "b", "c"].map((target) => errorOf(gearman.assign(target, node, { timeout: PATIENCE, signal }))),
  );
  deepEqual(failures.map(({ kind }) => kind), ["failed", "exception", "badAnswer"]);
  match(failures[1]!.message, /KeyError: name/);
});

withGearmand("assign() takes back a job that no worker took, so that none gets it later", async (server) => {
  await using gearman = await connect([server]);
  const error = await errorOf(assign(gearman, 50));
  equal(error.kind, "noWorker");
  await using worker = await startWorker(server, { functions, handle: () => [["WORK_COMPLETE", "{}"]] });
  deepEqual(await gearman.assign("jenkins", { ...node, name: "bare-2" }, { timeout: PATIENCE, signal }), {
    manager: null,
  });
  deepEqual(worker.jobs.map((job) => job.includes("bare-2")), [true]);
});

withGearmand("assign() that is aborted takes its job back too", async (server) => {
  await using gearman = await connect([server]);
  const controller = new AbortController();
  const waiting = rejects(
    gearman.assign("jenkins", node, { timeout: PATIENCE, signal: controller.signal }),
    /enough/,
  );
  controller.abort(new Error("enough"));
  await waiting;
  await gearman.readDemand({ signal });
  await using worker = await startWorker(server, { functions, handle: () => [["WORK_COMPLETE", "{}"]] });
  await assign(gearman);
  equal(worker.jobs.length, 1);
});

withGearmand("assign() cannot tell what became of a job that a worker holds", async (server) => {
  await using worker = await startWorker(server, { functions, handle: () => [] });
  await using gearman = await connect([server]);
  const waiting = errorOf(assign(gearman, 1_000));
  await eventually(() => worker.jobs.length === 1);
  const error = await waiting;
  equal(error.kind, "timeout");
});

withGearmand(
  "assign() says that the outcome is unknown where the server dies, and works again after",
  async (server) => {
    await using gearman = await connect([server]);
    {
      await using worker = await startWorker(server, { functions, handle: () => [] });
      const waiting = errorOf(assign(gearman));
      await eventually(() => worker.jobs.length === 1);
      await server.kill();
      const error = await waiting;
      equal(error.kind, "lost");
      match(error.message, /the outcome is unknown: the connection ended while the job was running/);
    }
    ok(await server.run());
    await using _worker = await startWorker(server, { functions, handle: () => [["WORK_COMPLETE", "{}"]] });
    await eventually(() => countConnected(gearman) === 1);
    deepEqual(await assign(gearman), { manager: null });
  },
);

withGearmand("assign() goes to the server where the target's manager is", async (server) => {
  await using other = await Gearmand.start();
  await using worker = await startWorker(server, { functions, handle: () => [["WORK_COMPLETE", "{}"]] });
  await using gearman = await connect([other, server], { connected: 2 });
  await gearman.readDemand({ signal });
  for (let turn = 0; turn < 10; turn++) await assign(gearman);
  equal(worker.jobs.length, 10);
});

withGearmand("revoke() arrives, also where the manager comes only later", async (server) => {
  await using gearman = await connect([server]);
  await gearman.revoke("manager-1", "bare-1", { signal });
  await using worker = await startWorker(server, { functions, handle: () => [["WORK_COMPLETE", ""]] });
  await eventually(() => worker.jobs.length === 1);
  await gearman.revoke("manager-1", "bare-2", { signal });
  await eventually(() => worker.jobs.length === 2);
  deepEqual(worker.jobs, [
    'node_revoke:manager-1 {"name":"bare-1"}',
    'node_revoke:manager-1 {"name":"bare-2"}',
  ]);
});

Deno.test("a Gearman server that is none is told, by an HTTP server's answer over the network", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("hello"),
  );
  const { hostname, port } = server.addr;
  await using gearman = createGearman({ clock: systemClock, random: seededRandom(1) });
  await gearman.configure([{ host: hostname, port }]);
  await eventually(() => gearman.servers[0]!.state.status === "away");
  deepEqual(await gearman.readDemand({ signal }), new Map());
  match((await errorOf(assign(gearman))).message, /no Gearman server is connected \(127\.0\.0\.1:\d+: .+\)/);
});
