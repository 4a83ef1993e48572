import assert from "node:assert/strict";
import fc from "fast-check";
import type { LaunchPause } from "../../src/domain/launch_pause.ts";
import { type NodePhase, type NodeRecord, stateName } from "../../src/domain/node.ts";
import { MINUTE } from "../../src/domain/time.ts";
import type { ServerCost } from "../../src/plan/allocation_types.ts";
import { countNodes } from "../../src/plan/count_nodes.ts";
import { planPool } from "../../src/plan/plan_pool.ts";
import type { PoolInput } from "../../src/plan/pool_plan.ts";
import { planSubnodes, type SubnodePlan } from "../../src/plan/plan_subnodes.ts";
import {
  config,
  label,
  node,
  NOW,
  provider,
  quota,
  refusal,
  seen,
  states,
  subnode,
  toldOne,
} from "./plan_fixtures.ts";

interface Given {
  readonly nodes: readonly NodeRecord[];
  readonly maxServers?: number;
  readonly cap?: number | null;
  readonly minReady?: number;
  readonly pauses?: readonly LaunchPause[];
  readonly observation?: Parameters<typeof seen>[0];
  readonly reserved?: readonly ServerCost[];
}

function poolInput(
  { nodes, maxServers = 100, cap = null, minReady = 0, pauses = [], observation, reserved = [] }: Given,
): PoolInput {
  return {
    config: config({
      labels: [label({ subnodes: 2, minReady, maxServers: cap })],
      providers: [provider({ maxServers })],
    }),
    now: NOW,
    wallOffset: 0,
    nodes,
    requests: [],
    pauses,
    images: new Map(),
    reserved: new Map([["cloud-a", reserved]]),
    seen: new Map([["cloud-a", seen(observation)]]),
    targets: new Map(),
    demand: new Map(),
    turns: new Map(),
    creating: new Set(),
    launching: true,
    granting: true,
  };
}

function plan(given: Given) {
  const input = { ...poolInput(given), current: () => null };
  return planSubnodes({ ...input, nodes: given.nodes });
}

/** For whom subnodes are launched, one entry each. */
function launchedFor(given: Given): readonly number[] {
  return plan(given).launches.map(({ parent }) => parent.id);
}

/** Why subnodes of a node are not launched. */
const why = ({ refusals }: Pick<SubnodePlan, "refusals">, id: number) =>
  (refusals.get(id) ?? []).map(toldOne).join("; ");

const waitingOn = { reason: "subnodes", message: "1 of 2", since: NOW } as const;
const waiting = node(states.prepare, { subnodeCount: 2, waitingOn });
/** As `waiting`, with a subnode of its own that is there. */
const second = node(states.prepare, { id: 20, subnodeCount: 2, waitingOn });
const ofSecond = subnode(21, "prepare", { parentId: 20 });

Deno.test("a subnode whose launch failed is replaced where its node is, from what that is booted from", () => {
  const { launches, promised, refusals } = plan({
    nodes: [waiting, subnode(8, "prepare"), subnode(9, "delete-server")],
  });
  assert.deepEqual(
    launches.map(({ parent, provider, imageId }) => [parent.id, provider.name, imageId]),
    [[7, "cloud-a", "i1"]],
  );
  assert.equal(promised.get("cloud-a")?.length, 1);
  assert.equal(refusals.size, 0);
});

Deno.test("nothing is launched for a group that is whole, nor for a node that is not being built", () => {
  assert.deepEqual(launchedFor({ nodes: [waiting, subnode(8, "prepare"), subnode(9, "create")] }), []);
  for (const phase of ["ready", "used", "hold", "test", "delete-server"] as const) {
    assert.deepEqual(launchedFor({ nodes: [node(states[phase], { subnodeCount: 2 })] }), []);
  }
});

Deno.test("a node's missing subnodes are launched from the start of its launch to its hand-over", () => {
  for (const phase of ["create", "boot", "address", "login", "prepare", "assign"] as const) {
    assert.deepEqual(launchedFor({ nodes: [node(states[phase], { subnodeCount: 2 })] }), [7, 7], phase);
  }
});

Deno.test("without room the reason is told, and what becomes free is kept from new nodes", () => {
  const nodes = [waiting, subnode(8, "prepare"), subnode(9, "delete-server")];
  const { launches, refusals, promised } = plan({ nodes, maxServers: 3 });
  assert.deepEqual(launches, []);
  assert.equal(why({ refusals }, 7), "max-servers 3/3");
  assert.equal(promised.get("cloud-a")?.length, 1);
});

Deno.test("what images wait for comes before subnodes, and subnodes come before new nodes", () => {
  const nodes = [waiting, subnode(8, "prepare")];
  const observation = seen({ quota: quota({ instances: { limit: 3, used: 2 } }) });
  assert.deepEqual(launchedFor({ nodes, observation, reserved: [{}] }), []);
  assert.deepEqual(launchedFor({ nodes, observation }), [7]);
  assert.deepEqual(launchedFor({ nodes, maxServers: 3 }), [7]);
  // Of five places two are taken and one is promised: a node of three servers does not fit.
  const { subnodes, launches } = planPool(poolInput({ nodes, maxServers: 5, minReady: 2 }));
  assert.deepEqual([subnodes.length, launches.launches.length], [1, 0]);
  const { launches: more } = planPool(poolInput({ nodes, maxServers: 6, minReady: 2 }));
  assert.equal(more.launches.length, 1);
});

Deno.test("a refusal of the cloud holds for subnodes as for nodes", () => {
  const refused = plan({ nodes: [waiting], observation: { refusal: refusal() } });
  assert.match(why(refused, 7), /^over quota \(see: nodepool manual quota\); trying again at /);
  assert.deepEqual(refused.launches, []);
});

Deno.test("a label's own cap holds for what its nodes miss, the first node first", () => {
  const nodes = [waiting, subnode(8, "prepare"), second, ofSecond];
  assert.deepEqual(launchedFor({ nodes, cap: 6 }), [7, 20]);
  assert.deepEqual(launchedFor({ nodes, cap: 5 }), [7]);
  assert.deepEqual(launchedFor({ nodes, cap: 4 }), []);
  assert.match(why(plan({ nodes, cap: 5 }), 20), /max-servers 5\/5/);
});

Deno.test("a label's cap has no room for new nodes in the places that its nodes still miss", () => {
  const nodes = [waiting, subnode(8, "prepare")];
  assert.equal(countNodes(nodes).label("noble").servers, 3);
  const granted = (cap: number) => planPool(poolInput({ nodes, cap, minReady: 5 })).launches.launches.length;
  assert.deepEqual([granted(5), granted(6), granted(8), granted(9)], [0, 1, 1, 2]);
});

const failing: LaunchPause = {
  provider: "cloud-a",
  label: "noble",
  failures: 9,
  until: NOW - 1,
  lastError: "no host",
  lastFailureAt: NOW - MINUTE,
};

Deno.test("during a pause no subnode is launched, and its node tells why", () => {
  const paused = plan({ nodes: [waiting], pauses: [{ ...failing, until: NOW + MINUTE }] });
  assert.deepEqual(paused.launches, []);
  assert.match(why(paused, 7), /^paused until .* after 9 failed launches in a row: no host$/);
});

Deno.test("after a pause one subnode at a time goes ahead, and nodes that wait for theirs are not in its way", () => {
  const nodes = [waiting, subnode(8, "prepare"), second];
  assert.deepEqual(launchedFor({ nodes, pauses: [failing] }), [7]);
  const underWay = [...nodes, subnode(9, "boot")];
  assert.deepEqual(launchedFor({ nodes: underWay, pauses: [failing] }), []);
  assert.match(why(plan({ nodes: underWay, pauses: [failing] }), 20), /one launch at a time/);
});

const building: readonly NodePhase[] = ["create", "boot", "login", "prepare"];
const anyPhase: readonly NodePhase[] = [...building, "ready", "used", "delete-server"];

/** Groups of three in any condition: subnodes that are missing, being built or being deleted. */
const arbitraryGroups = fc.array(
  fc.record({
    phase: fc.constantFrom(...anyPhase),
    subnodes: fc.array(fc.constantFrom(...building, "delete-server" as const), { maxLength: 3 }),
  }),
  { maxLength: 6 },
).map((groups) =>
  groups.flatMap(({ phase, subnodes }, index) => {
    const id = 100 * (index + 1);
    const parent = node(states[phase], { id, subnodeCount: 2 });
    const kept = subnodes.filter((each, at) => each === "delete-server" || at < 2);
    return [parent, ...kept.map((each, at) => subnode(id + 1 + at, each, { parentId: id }))];
  })
);

Deno.test("whatever groups there are, no limit is passed, no subnode is one too many, and nodes come whole", () => {
  const limit = fc.integer({ min: 0, max: 20 });
  fc.assert(
    fc.property(arbitraryGroups, limit, limit, limit, fc.nat(8), (nodes, max, cap, cores, minReady) => {
      const unused = { limit: cores, used: 0 };
      const input = poolInput({
        nodes,
        maxServers: max,
        cap,
        minReady,
        observation: { quota: quota({ takenAt: NOW + MINUTE, cores: unused, instances: unused }) },
      });
      const { subnodes, launches, changes } = planPool(input);
      const ended = changes.filter(({ next }) => next === null).length;
      const asked = subnodes.length + 3 * launches.launches.length;
      const most = (limit: number) => Math.max(limit, nodes.length);
      assert.ok(nodes.length + asked <= most(max) + ended, "max-servers");
      assert.ok(nodes.length + asked <= most(cap) + ended, "the label's cap");
      // Those that are still to be asked for are not in the quota's use; some are given up by this very plan.
      const given = new Map(changes.map(({ previous, next }) => [previous.id, next]));
      const next = nodes.map((each) => given.has(each.id) ? given.get(each.id) : each);
      const unasked = next.filter((each) => each?.state.phase === "create").length;
      assert.ok(unasked + asked <= Math.max(cores, unasked), "quota");
      for (const [id, own] of Map.groupBy(subnodes, ({ parent }) => parent.id)) {
        const living = nodes.filter((each) => each.parentId === id && stateName(each) !== "delete").length;
        assert.ok(living + own.length <= 2, "subnodes of one node");
      }
    }),
  );
});
