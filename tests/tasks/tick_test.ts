import assert from "node:assert/strict";
import type { NodeRecord } from "../../src/domain/node.ts";
import { transition } from "../../src/domain/node_transition.ts";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import type { PoolInput } from "../../src/plan/pool_plan.ts";
import { errorChain } from "../../src/lib/error_chain.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { Defects } from "../../src/tasks/defects.ts";
import { Tick, type TickDeps } from "../../src/tasks/tick.ts";
import { executorKit, imageExecutorOf, type Scripted } from "../execute/execute_fixtures.ts";
import { config, label, node, NOW, provider, refusal, seen, server, states } from "../plan/plan_fixtures.ts";
import { loggedLines } from "../lib/logged_lines.ts";
import { imagesConfig } from "../plan/images/image_fixtures.ts";
import { sampleRequest } from "../views/sample_pool.ts";

async function tickKit(
  {
    nodes = [],
    config: settings = config(),
    cloud = {},
    observation = seen(),
    targets = () => new Map(),
    seen: seenNow = () => new Map([["cloud-a", observation]]),
    ...deps
  }:
    & { nodes?: readonly NodeRecord[]; config?: ReturnType<typeof config>; cloud?: Scripted }
    & { observation?: ReturnType<typeof seen>; seen?: () => PoolInput["seen"] }
    & { targets?: () => PoolInput["targets"] }
    & Partial<Omit<TickDeps, "config" | "imageExecutor" | "look" | "asked">> = {},
) {
  const kit = await executorKit({ nodes, config: settings, cloud, observation });
  const defects = new Defects(kit);
  const tick = new Tick({
    ...kit,
    defects,
    random: seededRandom(1),
    look: () => ({ wallOffset: 0, seen: seenNow(), faults: new Map() }),
    asked: () => ({ targets: targets(), deserted: new Set(), demand: new Map(), heardSince: new Map() }),
    imageExecutor: imageExecutorOf(kit),
    parts: { pool: true, launches: true, builds: true },
    launching: () => true,
    accepting: () => true,
    ...deps,
  });
  /** Runs the tick until it ends, then waits for what it began. */
  const run = async () => {
    let until: number | null | undefined;
    const running = tick.run(settings).then((next) => until = next);
    running.catch(() => until = null);
    await kit.clock.advanceUntil(() => until !== undefined, { within: MINUTE });
    await running;
    await kit.executor.settled();
    return until;
  };
  return Object.assign(kit, { tick, run, turn: defects });
}

Deno.test("a node is written down before it is asked for, and asked for by the next tick", async () => {
  await using kit = await tickKit({ cloud: { createServer: () => Promise.resolve({ id: "s1" }) } });
  await kit.run();
  assert.deepEqual(kit.node(1)?.state, states.create);
  assert.deepEqual([kit.node(1)?.hostname, kit.node(1)?.launchReason, kit.node(1)?.imageId], [
    "noble-cloud-a-1",
    "min-ready 1, have 0",
    "i1",
  ]);
  assert.deepEqual(kit.cloud.calls, []);
  await kit.run();
  assert.equal(kit.node(1)?.state.phase, "boot");
  await kit.run();
  assert.equal(kit.ledger.nodes.size, 1);
});

Deno.test("zones are chosen among the provider's, and a target's template makes the name", async () => {
  const target = { name: "east", subnodeHostname: "", rate: 0, assignViaGearman: false, jenkins: null };
  await using kit = await tickKit({
    config: config({
      labels: [label({ minReady: 20 })],
      providers: [provider({ maxServers: 50, availabilityZones: ["az1", "az2"] })],
      targets: [{ ...target, hostname: "{node_id}.{label.name}.example.org" }],
    }),
  });
  await kit.run();
  const zones = new Set([...kit.ledger.nodes.values()].map(({ zone }) => zone));
  assert.deepEqual([...zones].sort(), ["az1", "az2"]);
  assert.deepEqual([kit.node(3)?.hostname, kit.node(3)?.nodename], ["3.noble.example.org", "3"]);
});

Deno.test("hundreds of nodes are launched in one tick, each with an id of its own", async () => {
  await using kit = await tickKit({
    config: config({ labels: [label({ minReady: 450 })], providers: [provider({ maxServers: 1_000 })] }),
  });
  await kit.run();
  assert.deepEqual([...kit.ledger.nodes.keys()], Array.from({ length: 450 }, (_, index) => index + 1));
});

Deno.test("a granted request has its nodes, and they say for whom they are", async () => {
  await using kit = await tickKit({
    nodes: [node(states.ready)],
    observation: seen({ servers: [server("s7")] }),
  });
  await kit.ledger.edit((edit) => edit.putRequest(sampleRequest({ id: 1, job: "gate" })));
  await kit.run();
  const request = kit.ledger.requests.get(1);
  assert.deepEqual([request?.nodes, request?.grantedAt, request?.waitingOn], [[7], NOW, null]);
  assert.deepEqual([kit.node()?.state.phase, kit.node()?.job, kit.node()?.requestId], ["used", "gate", 1]);
});

/** A kit in which node 7 is held while a plan is made: that comes into the ledger before what is planned. */
async function heldWhilePlanning(...nodes: readonly NodeRecord[]) {
  const hold = { type: "hold", hold: { reason: null, owner: "ada", until: null } } as const;
  let held: Promise<unknown> | null = null;
  const kit: Awaited<ReturnType<typeof tickKit>> = await tickKit({
    nodes,
    observation: seen({ servers: [server("s7")] }),
    launching: () => {
      held ??= kit.ledger.changeNode(7, (each) => transition(each, hold, NOW));
      return false;
    },
  });
  return kit;
}

Deno.test("a node or a request that changes while the plan is being stored is left to the next plan", async () => {
  await using kit = await heldWhilePlanning(node(states.ready));
  await kit.ledger.edit((edit) => edit.putRequest(sampleRequest({ id: 1 })));
  await kit.run();
  assert.deepEqual([kit.node()?.state.phase, kit.ledger.requests.get(1)?.grantedAt], ["hold", null]);
});

Deno.test("a request whose node changes while the plan is being stored is not overtaken by a later one", async () => {
  await using kit = await heldWhilePlanning(node(states.ready), node(states.ready, { id: 8 }));
  await kit.ledger.edit((edit) => [1, 2].forEach((id) => edit.putRequest(sampleRequest({ id }))));
  const granted = () => [...kit.ledger.requests.values()].map(({ nodes }) => nodes);
  await kit.run();
  assert.deepEqual([kit.node()?.state.phase, granted()], ["hold", [[], []]]);
  await kit.run();
  assert.deepEqual(granted(), [[8], []]);
});

Deno.test("a node that is held while the plan is being stored does not go on in its old phase", async () => {
  await using kit = await heldWhilePlanning(node(states.boot));
  await kit.run();
  assert.equal(kit.node()?.state.phase, "hold");
  assert.deepEqual(kit.shell.targets, []);
});

Deno.test("what cannot be launched is reported, stored with the requests, and looked at again in time", async () => {
  await using kit = await tickKit({ observation: seen({ refusal: refusal() }) });
  await kit.ledger.edit((edit) => edit.putRequest(sampleRequest({ id: 1 })));
  assert.equal(await kit.run(), NOW + MINUTE);
  assert.deepEqual(kit.tick.reports.map(({ name, wanted }) => [name, wanted]), [["noble", 2]]);
  assert.match(
    kit.ledger.requests.get(1)?.waitingOn?.message ?? "",
    /^cloud-a: over quota \(see: nodepool manual quota\); trying again at/,
  );
});

Deno.test("a node that has ended leaves its history", async () => {
  await using kit = await tickKit({
    nodes: [node(states["delete-address"])],
    launching: () => false,
  });
  await kit.run();
  assert.equal(kit.node(), undefined);
  assert.equal((await kit.ledger.getHistory(7))?.node.id, 7);
});

Deno.test("planning takes a quarter of the time at most, however long it takes", async () => {
  let lived = 0;
  const clock = {
    now: () => NOW,
    wall: () => NOW,
    monotonic: () => lived,
    sleep: () => Promise.resolve(),
  };
  // Images are planned with it, then nodes.
  const seen = () => (lived += 40, new Map());
  await using kit = await tickKit({ clock, seen });
  await kit.tick.run(config());
  assert.deepEqual([lived, kit.tick.rest], [80, 240]);
});

Deno.test("every node and subnode has an id of its own, taken before it is used", async () => {
  await using kit = await tickKit({
    config: config({
      labels: [label({ minReady: 3, subnodes: 2 })],
      providers: [provider({ maxServers: 50 })],
    }),
  });
  await kit.run();
  const ids = [...kit.ledger.nodes.keys()];
  assert.deepEqual(ids, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(await kit.ledger.takeIds("node", 1), 10);
});

/** A kit in which no change of node 7 can be stored. */
async function stuckKit(...given: Parameters<typeof tickKit>) {
  const kit = await tickKit(...given);
  const edit = kit.ledger.edit.bind(kit.ledger);
  kit.ledger.edit = (run) =>
    edit((draft) => {
      const [before, result] = [draft.node(7), run(draft)];
      if (draft.node(7) !== before) throw new Error("a defect");
      return result;
    });
  return kit;
}

Deno.test("where a change cannot be stored, nothing is done that follows from it: nothing wakes the next turn at once", async () => {
  await using kit = await stuckKit({
    nodes: [node(states.boot)],
    observation: seen({ servers: [server("s7")] }),
    launching: () => false,
  });
  await kit.run();
  assert.deepEqual(kit.turn.list.map(({ of, doing }) => [of, doing]), [[{ kind: "node", id: 7 }, "storing"]]);
  assert.deepEqual([kit.node(7)?.state.phase, kit.woken()], ["boot", 0]);
});

Deno.test("what is due at once and cannot be stored is tried again a second later", async () => {
  await using kit = await stuckKit({ nodes: [node(states["delete-address"])], launching: () => false });
  assert.equal(await kit.run(), NOW + SECOND);
  assert.deepEqual(kit.turn.list.map(({ of }) => of), [{ kind: "node", id: 7 }]);
});

Deno.test("a launch that cannot be stored is told, and keeps no other from its node or its server", async () => {
  const zones = ["az1", "z".repeat(80_000)];
  await using kit = await tickKit({
    config: config({
      labels: [label({ minReady: 20 })],
      providers: [provider({ maxServers: 50, availabilityZones: zones })],
    }),
    nodes: [node(states.create, { id: 1 })],
    cloud: { createServer: () => Promise.resolve({ id: "s1" }) },
  });
  await kit.run();
  const [defect, ...others] = kit.turn.list;
  assert.deepEqual([defect?.of, defect?.doing, others], [{ kind: "label", id: "noble" }, "storing", []]);
  assert.match(defect!.message, /^node \d+ cannot be stored: a record of \d+ bytes/);
  await kit.executor.settled();
  const made = [...kit.ledger.nodes.values()];
  assert.ok(made.length > 2 && made.length < 20, `${made.length} nodes`);
  assert.ok(made.every(({ zone }) => zone !== zones[1]));
  assert.equal(kit.node(1)?.state.phase, "boot", "its server was not asked for");
});

const defect = () => {
  throw new TypeError("nobody foresaw it");
};

/** A look at the server s7 breaks. */
function breakingSeen() {
  const observation = seen({ servers: [server("s7"), server("s8")] });
  const found = observation.inventory.servers;
  Object.assign(found, { get: (id: string) => id === "s7" ? defect() : Map.prototype.get.call(found, id) });
  return observation;
}

const ready = (id: number) => node({ phase: "ready", serverId: `s${id}` }, { id });
const quiet = config({ labels: [label({ minReady: 0 })] });

Deno.test("a node that breaks stands still: the turn is a good one, the others go on, the log says so once", async () => {
  await using kit = await tickKit({
    config: quiet,
    observation: breakingSeen(),
    nodes: [node(states.boot, { id: 7 }), ready(8)],
  });
  await kit.ledger.edit((edit) => edit.putRequest(sampleRequest({ id: 1 })));
  const lines = await loggedLines(async () => {
    for (let turn = 0; turn < 3; turn++) await kit.run();
  });
  assert.equal(kit.node(7)?.state.phase, "boot");
  assert.deepEqual(kit.ledger.requests.get(1)?.nodes, [8]);
  const [told, ...others] = kit.turn.list;
  assert.deepEqual([told?.of, told?.doing, told?.message, others], [
    { kind: "node", id: 7 },
    "planning",
    "nobody foresaw it",
    [],
  ]);
  assert.deepEqual(lines.filter(({ level }) => level === "error").map(({ message }) => message.join("")), [
    "defect in planning node 7: nobody foresaw it",
  ]);
});

Deno.test("a defect that is over is told no more, and one that lasts is logged again after ten minutes", async () => {
  const observation = breakingSeen();
  await using kit = await tickKit({ config: quiet, observation, nodes: [node(states.boot, { id: 7 })] });
  const lines = await loggedLines(async () => {
    await kit.run();
    await kit.clock.advance(11 * MINUTE);
    await kit.run();
  });
  assert.equal(lines.filter(({ level }) => level === "error").length, 2);
  assert.equal(kit.turn.list[0]?.since, NOW, "since it began");
  Reflect.deleteProperty(observation.inventory.servers, "get");
  await kit.run();
  assert.deepEqual(kit.turn.list, []);
});

Deno.test("where no image can be planned, nodes go on; the turn fails at its end and says why", async () => {
  let looks = 0;
  const observation = seen({ servers: [server("s7")] });
  await using kit = await tickKit({
    config: quiet,
    observation,
    nodes: [node(states.boot, { id: 7 })],
    // Images are planned with it, then nodes.
    seen: () => looks++ % 2 === 0 ? defect() : new Map([["cloud-a", observation]]),
  });
  await assert.rejects(kit.run(), (error: Error) => {
    assert.equal(errorChain(error), "the plan of images failed: nobody foresaw it");
    return true;
  });
  assert.notEqual(kit.node(7)?.state.phase, "boot");
});

Deno.test("where no node can be planned, images go on; the turn fails at its end and says why", async () => {
  const settings = imagesConfig();
  await using kit = await tickKit({ config: settings, targets: defect });
  await assert.rejects(kit.run(), /the plan of nodes failed/);
  assert.deepEqual([...kit.ledger.dibImages.values()].map(({ name }) => name), ["noble"]);
});

Deno.test("an action that breaks before it is begun is a defect of its node, and all others are begun", async () => {
  await using kit = await tickKit({ nodes: [node(states.create, { id: 8 })] });
  const broken = {
    type: "delete-server",
    node: {
      ...node(states["delete-server"]),
      get provider() {
        return defect();
      },
    },
  };
  kit.dispatch([broken as never, { type: "create-server", node: kit.node(8)! } as never]);
  assert.deepEqual(kit.defects.map(String), ["TypeError: nobody foresaw it"]);
  assert.deepEqual([...kit.executor.lanes.keys()], ["cloud-a create-server"]);
});
