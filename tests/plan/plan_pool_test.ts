import assert from "node:assert/strict";
import fc from "fast-check";
import type { NodeRecord, NodeState } from "../../src/domain/node.ts";
import { serverIdOf } from "../../src/domain/node.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { planPool as planApart } from "../../src/plan/plan_pool.ts";
import type { PoolInput, PoolPlan } from "../../src/plan/pool_plan.ts";
import { sampleImage } from "../views/sample_images.ts";
import { sampleRequest } from "../views/sample_pool.ts";
import {
  catalog,
  config,
  image,
  inventory,
  label,
  node,
  NOW,
  provider,
  quota,
  refusal,
  seen,
  server,
  small,
  states,
  without,
} from "./plan_fixtures.ts";

function input(fields: Partial<PoolInput> = {}): PoolInput {
  return {
    config: config({ labels: [label({ minReady: 0 })] }),
    now: NOW,
    wallOffset: 0,
    nodes: [],
    requests: [],
    pauses: [],
    images: new Map(),
    reserved: new Map(),
    seen: new Map([["cloud-a", seen({ servers: [server("s7")] })]]),
    targets: new Map(),
    demand: new Map(),
    turns: new Map(),
    creating: new Set(),
    launching: true,
    granting: true,
    ...fields,
  };
}

/** A plan in which nothing breaks. */
function planPool(given: PoolInput): PoolPlan {
  const plan = planApart(given);
  assert.deepEqual(plan.defects, []);
  return plan;
}

/** The nodes as they are once the plan's changes are stored. */
function applied(nodes: Iterable<NodeRecord>, { changes }: PoolPlan): NodeRecord[] {
  const next = new Map([...nodes].map((each) => [each.id, each]));
  for (const change of changes) {
    if (change.next === null) next.delete(change.previous.id);
    else next.set(change.previous.id, change.next);
  }
  return [...next.values()];
}

Deno.test("a node goes through several phases in one planning where nothing has to be waited for", () => {
  const plan = planPool(input({ nodes: [node(states.boot)] }));
  assert.equal(plan.changes[0]?.next?.state.phase, "login");
  assert.deepEqual(plan.actions.map(({ type }) => type), ["login"]);
  assert.equal(plan.actions[0]?.node, plan.changes[0]?.next, "the action is for the node as it is by then");
});

Deno.test("a node that waits says why, since when, and when to look again", () => {
  const building = seen({ servers: [server("s7", { status: "BUILD" })] });
  const plan = planPool(input({ nodes: [node(states.boot)], seen: new Map([["cloud-a", building]]) }));
  assert.deepEqual(plan.changes[0]?.next?.waitingOn, {
    reason: "active",
    message: "the server is BUILD",
    since: NOW,
  });
  assert.equal(plan.until, NOW + 9 * MINUTE);
});

Deno.test("a node whose server is gone ends without a deletion, once its record says why", () => {
  const nodes = [node(states.used)];
  const given = input({ nodes, seen: new Map([["cloud-a", without("s7")]]) });
  const plan = planPool(given);
  const { next } = plan.changes[0]!;
  assert.deepEqual([next?.state.phase, next?.comment, next?.result], [
    "delete-address",
    "server s7 is no longer on the cloud",
    "lost",
  ]);
  assert.deepEqual([plan.actions, plan.until], [[], NOW]);
  assert.equal(planPool({ ...given, nodes: applied(nodes, plan) }).changes[0]?.next, null);
});

Deno.test("a node with nothing left of it on the cloud leaves the pool", () => {
  const plan = planPool(input({ nodes: [node(states["delete-address"], { floatingIp: null })] }));
  assert.equal(plan.changes[0]?.next, null);
});

Deno.test("nodes of a provider that has not been asked yet stay as they are, in every phase", () => {
  const nodes = Object.values(states).map((state, index) => node(state, { id: index + 1 }));
  const plan = planPool(input({ nodes, seen: new Map() }));
  assert.deepEqual([plan.changes, plan.actions], [[], []]);
});

Deno.test("nodes of a provider that is not configured any more wait for it, and nothing is done to them", () => {
  for (const state of Object.values(states)) {
    const plan = planPool(input({ nodes: [node(state)], config: config({ providers: [] }) }));
    assert.deepEqual(plan.actions, []);
    assert.deepEqual(plan.changes[0]?.next?.state, state);
    assert.match(plan.changes[0]?.next?.waitingOn?.message ?? "", /not in the configuration; add it back/);
  }
});

Deno.test("a node that stays as it is waits for nothing any more", () => {
  const waitingOn = { reason: "provider", message: "gone", since: NOW } as const;
  const plan = planPool(input({ nodes: [node(states.ready, { waitingOn })] }));
  assert.equal(plan.changes[0]?.next?.waitingOn, null);
});

Deno.test("a node that is building for longer than node-stuck is deleted, whatever it waits for", () => {
  for (const phase of ["create", "boot", "address", "login"] as const) {
    const stuck = node(states[phase], { stateSince: NOW - 8 * HOUR });
    const next = planPool(input({ nodes: [stuck] })).changes[0]?.next;
    assert.deepEqual([next?.result, next?.comment], ["failed", "building for more than 8h"], phase);
  }
});

Deno.test("only what is being built gets stuck building, and builders have limits of their own", () => {
  for (const state of [states.ready, states.hold]) {
    const old = node(state, { stateSince: NOW - 100 * HOUR });
    assert.deepEqual(planPool(input({ nodes: [old] })).changes, [], state.phase);
  }
  for (const role of ["builder", "checker"] as const) {
    const working = sampleImage({ id: 3, state: { phase: "setup", nodeId: 7, startedAt: NOW } });
    const proving = { phase: "check", externalId: "i", nodeId: 7, startedAt: NOW } as const;
    const image = role === "builder" ? working : { ...working, state: proving };
    const old = node(states.prepare, { role, providerImageId: 3, stateSince: NOW - 100 * HOUR });
    const plan = planPool(input({ nodes: [old], images: new Map([[3, image]]) }));
    assert.deepEqual([plan.changes, plan.actions], [[], []], role);
  }
});

Deno.test("nodes that are too old stay while their label cannot be launched", () => {
  const old = node(states.ready, { stateSince: NOW - 2 * HOUR });
  const aging = config({ labels: [label({ minReady: 0, maxReadyAge: HOUR })] });
  const cloud = seen({ servers: [server("s7")], refusal: refusal() });
  const plan = planPool(input({ nodes: [old], config: aging, seen: new Map([["cloud-a", cloud]]) }));
  assert.deepEqual(plan.changes, []);
});

Deno.test("a node of a provider that is not configured is not granted", () => {
  const plan = planPool(input({
    nodes: [node(states.ready, { provider: "cloud-b" })],
    requests: [sampleRequest({ id: 1 })],
    launching: false,
  }));
  assert.deepEqual(plan.grants, []);
});

Deno.test("a node is planned for with its own provider and image", () => {
  const quick = provider({ name: "cloud-0", launchTimeout: SECOND, images: [] });
  const building = seen({ servers: [server("s7", { status: "BUILD" })] });
  const plan = planPool(input({
    nodes: [node(states.boot)],
    config: config({ providers: [quick, provider()] }),
    seen: new Map([["cloud-0", seen()], ["cloud-a", building]]),
  }));
  assert.deepEqual(plan.changes.map(({ next }) => next?.waitingOn?.message), ["the server is BUILD"]);
  assert.deepEqual(plan.actions, []);
});

Deno.test("a pool that launches nothing replaces no subnodes, and leaves what requests wait for", () => {
  const given = input({
    config: config({ labels: [label({ minReady: 0, subnodes: 2 })] }),
    nodes: [node(states.prepare, { subnodeCount: 2 })],
    requests: [sampleRequest({ id: 1 })],
  });
  const [on, off] = [planPool(given), planPool({ ...given, launching: false })];
  assert.deepEqual([on.subnodes.length, on.requestWaits.length], [2, 1]);
  assert.deepEqual([off.subnodes.length, off.requestWaits.length], [0, 0]);
});

Deno.test("a ready node that is granted counts as gone for those who come later", () => {
  const requests = [sampleRequest({ id: 1 }), sampleRequest({ id: 2 })];
  const plan = planPool(input({ nodes: [node(states.ready)], requests }));
  assert.deepEqual(plan.grants.map(({ request }) => request.id), [1]);
  assert.deepEqual(plan.launches.launches.map(({ reason }) => reason), ["1 requested, have 0"]);
  assert.deepEqual(plan.requestWaits.map(({ request }) => request.id), [2]);
});

Deno.test("a request that was granted already gets nothing more", () => {
  const requests = [sampleRequest({ id: 1, grantedAt: NOW, nodes: [3] })];
  const plan = planPool(input({ nodes: [node(states.ready)], requests }));
  assert.deepEqual([plan.grants, plan.launches.launches, plan.requestWaits], [[], [], []]);
});

Deno.test("room reserved for images on a provider that has just been removed is no shortage", () => {
  const { defects, launches } = planPool(input({ reserved: new Map([["gone", [{ cores: 1 }]]]) }));
  assert.deepEqual([defects, launches.launches], [[], []]);
});

Deno.test("a pool that is stopping launches and grants nothing, and goes on with what there is", () => {
  const nodes = [node(states.ready), node({ ...states.boot, serverId: "s8" }, { id: 8 })];
  const cloud = seen({ servers: [server("s7"), server("s8", { nodeId: 8 })] });
  const plan = planPool(input({
    nodes,
    config: config({ labels: [label({ minReady: 5 })] }),
    requests: [sampleRequest({ id: 1 })],
    seen: new Map([["cloud-a", cloud]]),
    launching: false,
    granting: false,
  }));
  assert.deepEqual([plan.grants, plan.launches.launches], [[], []]);
  assert.deepEqual(plan.actions.map(({ type }) => type), ["login"]);
});

Deno.test("a node that is too old is deleted, but not when somebody gets it in the same planning", () => {
  const old = node(states.ready, { stateSince: NOW - 2 * HOUR });
  const aging = config({ labels: [label({ minReady: 0, maxReadyAge: HOUR })] });
  const retired = planPool(input({ nodes: [old], config: aging }));
  assert.deepEqual([retired.changes[0]?.next?.state.phase, retired.changes[0]?.next?.comment], [
    "delete-server",
    "older than max-ready-age",
  ]);
  const taken = planPool(input({ nodes: [old], config: aging, requests: [sampleRequest({ id: 1 })] }));
  assert.deepEqual([taken.changes, taken.grants.length], [[], 1]);
});

const instant = fc.integer({ min: -20 * 60, max: 0 }).map((seconds) => NOW + seconds * SECOND);
const maybe = fc.option(instant);
const ids = fc.record({ serverId: fc.integer({ min: 1, max: 6 }).map((id) => `s${id}`) });
const unsure = fc.record({ serverId: fc.option(ids.map(({ serverId }) => serverId)), lostAt: maybe });
const arbitraryState: fc.Arbitrary<NodeState> = fc.oneof(
  fc.record({ phase: fc.constant("create" as const), sentAt: maybe, lostAt: maybe }),
  ids.map((id) => ({ phase: "boot" as const, ...id })),
  fc.tuple(ids, instant).map(([id, activeAt]) => ({ phase: "address" as const, ...id, activeAt })),
  fc.tuple(ids, instant).map(([id, activeAt]) => ({ phase: "login" as const, ...id, activeAt })),
  ids.map((id) => ({ phase: "ready" as const, ...id })),
  ids.map((id) => ({ phase: "used" as const, ...id })),
  unsure.map((fields) => ({ phase: "hold" as const, ...fields })),
  fc.tuple(unsure, maybe, maybe).map(([fields, askedAt, acceptedAt]) => ({
    phase: "delete-server" as const,
    ...fields,
    askedAt,
    acceptedAt,
  })),
  fc.constant({ phase: "delete-address" as const }),
);

const arbitraryInput: fc.Arbitrary<PoolInput> = fc.record({
  nodes: fc.array(fc.record({ state: arbitraryState, since: instant, retryAt: maybe, attempt: fc.nat(3) }), {
    maxLength: 6,
  }),
  servers: fc.uniqueArray(
    fc.record({
      id: fc.integer({ min: 1, max: 6 }),
      nodeId: fc.integer({ min: 1, max: 6 }),
      status: fc.constantFrom("ACTIVE", "BUILD", "ERROR", "SHUTOFF", "UNKNOWN", "DELETED"),
    }),
    { selector: ({ id }) => id },
  ),
  listedAt: fc.uniqueArray(instant, { maxLength: 3 }),
  asking: fc.subarray([1, 2, 3]),
  wanted: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
}).map(({ nodes, servers, listedAt, asking, wanted }) =>
  input({
    config: config({ labels: [label({ minReady: 2, maxReadyAge: 10 * MINUTE })] }),
    nodes: nodes.map(({ state, since, retryAt, attempt }, index) =>
      node(state, { id: index + 1, stateSince: since, phaseSince: since, retryAt, attempt })
    ),
    requests: wanted.map((count, index) => sampleRequest({ id: index + 1, count })),
    creating: new Set(asking),
    seen: new Map([[
      "cloud-a",
      seen({
        inventory: inventory(
          servers.map(({ id, nodeId, status }) => server(`s${id}`, { nodeId, status })),
          ...listedAt.sort((a, b) => a - b),
        ),
      }),
    ]]),
  })
);

function property(title: string, check: (plan: PoolPlan, given: PoolInput) => void): void {
  Deno.test(`for any pool ${title}`, () => {
    fc.assert(fc.property(arbitraryInput, (given) => check(planPool(given), given)), { numRuns: 500 });
  });
}

property("the same input gives the same plan", (plan, given) => {
  assert.deepEqual(planPool(given), plan);
});

property(
  "planning again with nothing new changes no node but those that come of age one after the other, and ends",
  (plan, given) => {
    const again = planPool({ ...given, nodes: applied(given.nodes, plan) });
    const changed = again.changes.filter(({ next }) =>
      next !== null && next.comment !== "older than max-ready-age"
    );
    assert.deepEqual(changed, []);
  },
);

property("no server is forgotten that was not seen to be gone", (plan, { seen }) => {
  for (const { previous, next } of plan.changes) {
    const serverId = serverIdOf(previous);
    if (serverId === null || (next !== null && serverIdOf(next) === serverId)) continue;
    assert.ok(seen.get("cloud-a")!.inventory.isDeleted(serverId), "the cloud has not said that it is gone");
  }
});

property(
  "a server is asked for only where no request was sent and none is listed that no other has",
  (plan, given) => {
    for (const { type, node } of plan.actions) {
      if (type !== "create-server") continue;
      assert.ok(node.state.phase === "create" && node.state.sentAt === null && !given.creating.has(node.id));
      const others = new Set([...given.nodes].filter(({ id }) => id !== node.id).map(serverIdOf));
      const listed = given.seen.get("cloud-a")!.inventory.serversOfNode(node.id);
      assert.deepEqual(listed.filter(({ id }) => !others.has(id)), []);
    }
  },
);

property("a server is deleted only for its own node, and only where that is to be deleted", (plan) => {
  for (const action of plan.actions) {
    if (action.type !== "delete-server") continue;
    assert.equal(action.node.state.phase, "delete-server");
    assert.equal(serverIdOf(action.node), action.serverId);
  }
});

property(
  "a node with a server that is neither built nor deleted is either kept or deleted with a reason",
  (plan) => {
    for (const { previous, next } of plan.changes) {
      const isWhole = ["ready", "used", "hold"].includes(previous.state.phase) &&
        serverIdOf(previous) !== null;
      if (!isWhole) continue;
      assert.notEqual(next, null);
      if (next!.state.phase !== previous.state.phase) assert.ok((next!.comment ?? "") !== "");
    }
  },
);

Deno.test("where cores are short as many unwanted nodes go as free those that another label's request needs", () => {
  const [big, tiny] = [{ ...small, id: "f4", name: "m1.big", vcpus: 4 }, small];
  const images = [image({ flavorName: tiny.name }), image({ name: "big", flavorName: big.name })];
  const labels = [label({ minReady: 0 }), label({ name: "big", image: "big", minReady: 0 })];
  const leaving = (own: string, asked: { label: string; count: number }) => {
    const { id: flavorId, vcpus } = own === "big" ? big : tiny;
    const nodes = Array.from(
      { length: 8 / vcpus },
      (_, at) =>
        node({ phase: "ready", serverId: `s${at + 1}` }, {
          id: at + 1,
          label: own,
          flavorId,
          stateSince: NOW - at,
        }),
    );
    const cores = { limit: 8, used: 8 };
    const cloud = seen({ quota: quota({ takenAt: NOW, cores }), catalog: catalog({ flavors: [big, tiny] }) });
    return planPool(input({
      config: config({ labels, providers: [provider({ images, maxServers: 99 })] }),
      nodes,
      requests: [sampleRequest({ id: 1, ...asked })],
      seen: new Map([["cloud-a", cloud]]),
    })).changes.map(({ previous }) => previous.id).sort();
  };
  assert.deepEqual(leaving("big", { label: "noble", count: 3 }), [2]);
  assert.deepEqual(leaving("noble", { label: "big", count: 1 }), [5, 6, 7, 8]);
});
