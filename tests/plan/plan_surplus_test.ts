import assert from "node:assert/strict";
import fc from "fast-check";
import { MINUTE } from "../../src/domain/time.ts";
import { FreeRoom } from "../../src/plan/free_room.ts";
import { planSurplus, type Shortage, type SurplusInput } from "../../src/plan/plan_surplus.ts";
import { config, heard, label, node, NOW, states } from "./plan_fixtures.ts";

const IDLE = 10 * MINUTE;

/** Ready nodes of noble, each a minute older than the one before. */
function ready(count: number) {
  return Array.from(
    { length: count },
    (_, at) => node(states.ready, { id: at + 1, stateSince: NOW - at * MINUTE }),
  );
}

/** Providers are full, and a server is like another, where it is not said otherwise. */
function plan(
  { shortages = [], ...fields }: Partial<Omit<SurplusInput, "shortages">> & {
    shortages?: readonly (Pick<Shortage, "label" | "nodes" | "steps" | "providers"> & Partial<Shortage>)[];
  },
) {
  const full = { room: { maxServers: { limit: 0, used: 0 }, instances: { limit: 0, used: 0 } } };
  return planSurplus({
    config: config({ labels: [label({ minReady: 1 })] }),
    now: NOW,
    nodes: [],
    wanted: new Map(),
    unwanted: new Map(),
    gathered: [],
    isUsable: () => true,
    rooms: new Map(["cloud-a", "cloud-b"].map((name) => [name, FreeRoom.of(full)])),
    costOfNode: () => ({}),
    firstIdOfRun: 0,
    ...fields,
    shortages: shortages.map((one) => ({
      size: 1,
      costs: new Map(one.providers.map((name) => [name, {}])),
      ...one,
    })),
  });
}

Deno.test("of what is ready above min-ready and what is waited for, the oldest are unwanted, and go after limits.idle", () => {
  const given = { nodes: ready(5), wanted: new Map([["noble", 2]]) };
  const first = plan(given);
  assert.deepEqual([[...first.unwanted.keys()], first.leaving.size, first.until], [[5, 4], 0, NOW + IDLE]);
  const later = plan({ ...given, unwanted: first.unwanted, now: NOW + IDLE });
  assert.deepEqual([...later.leaving], [
    [5, "not needed for 10m"],
    [4, "not needed for 10m"],
  ]);
});

Deno.test("nodes of an earlier run stay, since the original of a copied state may have handed them out", () => {
  const given = {
    nodes: ready(5),
    shortages: [{ label: "jammy", nodes: 9, steps: [9], providers: ["cloud-a"] }],
  };
  assert.deepEqual([...plan({ ...given, firstIdOfRun: 4 }).leaving.keys()], [5, 4]);
  assert.equal(plan({ ...given, firstIdOfRun: 6 }).leaving.size, 0);
});

Deno.test("a node that is wanted meanwhile begins anew", () => {
  const first = plan({ nodes: ready(3) });
  const wanted = plan({ nodes: ready(3), wanted: new Map([["noble", 3]]), unwanted: first.unwanted });
  assert.equal(wanted.unwanted.size, 0);
  const again = plan({ nodes: ready(3), unwanted: wanted.unwanted, now: NOW + IDLE });
  assert.equal(again.leaving.size, 0);
});

Deno.test("for room that others need as many go as are missing, without what is being deleted, and of no target", () => {
  const shortage = { label: "jammy", nodes: 3, steps: [1, 2, 3], providers: ["cloud-a"] };
  const going = node(states["delete-server"], { id: 20 });
  const nodes = [...ready(6), going];
  assert.deepEqual([...plan({ nodes, shortages: [shortage] }).leaving.keys()], [6, 5]);
  const assigned = nodes.map((each) => ({ ...each, assignedAt: NOW }));
  assert.equal(plan({ nodes: assigned, shortages: [shortage] }).leaving.size, 0);
  assert.equal(plan({ nodes, shortages: [{ ...shortage, providers: ["cloud-b"] }] }).leaving.size, 0);
});

Deno.test("a node that a target has goes only where the start of each job on it would have been reported", () => {
  const nodes = ready(3).map((each) => ({ ...each, assignedAt: NOW - 5 * MINUTE, manager: "ci01" }));
  const unwanted = new Map(nodes.map(({ id }) => [id, NOW - IDLE]));
  const leaving = (
    since: number | null,
  ) => [...plan({ nodes, unwanted, heardSince: heard(since) }).leaving.keys()];
  assert.deepEqual(leaving(null), [], "nobody listens to its publisher");
  assert.deepEqual(leaving(NOW - MINUTE), [], "a start may have been missed");
  assert.deepEqual(leaving(NOW - 6 * MINUTE), [3, 2]);
});

Deno.test("what a request gathers in vain goes for another label, as far as no room is coming, and never for its own", () => {
  const nodes = ready(6);
  const given = { nodes, gathered: nodes, wanted: new Map([["noble", 7]]) };
  const own = { label: "noble", nodes: 1, steps: [1], providers: ["cloud-a"] };
  const other = { label: "jammy", nodes: 2, steps: [1, 2], providers: ["cloud-a"] };
  assert.deepEqual([...plan({ ...given, shortages: [own] }).leaving.keys()], []);
  assert.deepEqual([...plan({ ...given, shortages: [own, other] }).leaving.keys()], [1, 2]);
  assert.deepEqual([...plan({ ...given, firstIdOfRun: 6, shortages: [other] }).leaving.keys()], [6]);
  const going = { ...given, nodes: [...nodes, node(states["delete-server"], { id: 20 })] };
  const more = { ...own, nodes: 2, steps: [2] };
  assert.deepEqual([...plan({ ...going, shortages: [more, other] }).leaving.keys()], [1]);
  assert.deepEqual(
    [...plan({ ...going, shortages: [own, other] }).leaving.keys()],
    [],
    "it lacks no more than that",
  );
});

Deno.test("what a request gathers in vain goes only for what meets another request, and is that label's from then on", () => {
  const nodes = ready(3);
  const given = { nodes, gathered: nodes, wanted: new Map([["noble", 9]]) };
  const other = (...steps: readonly number[]) => ({
    label: "jammy",
    nodes: 8,
    steps,
    providers: ["cloud-a"],
  });
  assert.deepEqual([...plan({ ...given, shortages: [other(4, 8)] }).leaving.keys()], []);
  const met = plan({ ...given, shortages: [other(2, 4)] });
  assert.deepEqual([...met.leaving.keys()], [1, 2]);
  assert.deepEqual(met.ceded, [1, 2].map(() => ({ from: "noble", to: "jammy", servers: 1 })));
  const going = { ...given, nodes: [...nodes, node(states["delete-server"], { id: 20 })] };
  assert.deepEqual([...plan({ ...going, shortages: [other(4)] }).leaving.keys()], [1, 2, 3]);
});

Deno.test("none goes for another label that does not help to complete the room for one node of it on one provider", () => {
  const costs = new Map(["cloud-a", "cloud-b"].map((name) => [name, { cores: 2 }]));
  const wants = (nodes: number) => ({
    label: "jammy",
    nodes,
    steps: [1, 2].slice(0, nodes),
    providers: [...costs.keys()],
    costs,
  });
  const there = (id: number, on: "a" | "b", cores = 1) =>
    node(states.ready, {
      id,
      provider: `cloud-${on}`,
      flavorId: String(cores),
      stateSince: NOW - id * MINUTE,
    });
  const leaving = (nodes: ReturnType<typeof node>[], { free = 0, missing = 1, gathered = false } = {}) => {
    const cores = { limit: 9, used: 9 - free };
    const rooms = new Map([...costs.keys()].map((name) => [name, FreeRoom.of({ room: { cores } })]));
    const { leaving } = plan({
      nodes,
      ...(gathered ? { gathered: nodes, wanted: new Map([["noble", 9]]) } : {}),
      config: config({ labels: [label({ minReady: 0 })] }),
      shortages: [wants(missing)],
      rooms,
      costOfNode: ({ flavorId }) => ({ cores: Number(flavorId) }),
    });
    return [...leaving.keys()].sort();
  };
  const halves = [there(1, "a"), there(2, "b")];
  for (const gathered of [false, true]) {
    assert.deepEqual(leaving(halves, { gathered }), [], "half a place here and half a place there is none");
    assert.deepEqual(leaving([...halves, there(3, "b")], { gathered }), [2, 3]);
    assert.deepEqual(leaving([...halves, there(3, "b")], { gathered, missing: 2 }), [2, 3]);
    assert.deepEqual(leaving(halves, { gathered, free: 1, missing: 2 }), [1, 2], "the other half is free");
    assert.deepEqual(leaving([there(1, "a"), there(2, "a", 2), there(3, "a")], { gathered }), [2]);
  }
});

Deno.test("a deletion that takes more than ten minutes counts as room that is coming no longer", () => {
  const shortage = { label: "jammy", nodes: 1, steps: [1], providers: ["cloud-a"] };
  const leaving = (since: number) => {
    const going = node(states["delete-server"], { id: 20, stateSince: since });
    return [...plan({ nodes: [...ready(3), going], shortages: [shortage] }).leaving.keys()];
  };
  assert.deepEqual([leaving(NOW - 10 * MINUTE + 1), leaving(NOW - 10 * MINUTE)], [[], [3]]);
});

Deno.test("in a steady demand nothing goes that would be launched again, but what is rested and in the way", () => {
  const given = fc.record({
    count: fc.nat(12),
    minReady: fc.integer({ min: -1, max: 6 }),
    wanted: fc.nat(6),
    servers: fc.nat(9),
  });
  fc.assert(fc.property(given, ({ count, minReady, wanted, servers }) => {
    const nodes = ready(count);
    const { leaving } = plan({
      config: config({ labels: [label({ minReady })] }),
      nodes,
      wanted: new Map([["noble", wanted]]),
      unwanted: new Map(nodes.map(({ id }) => [id, NOW - IDLE])),
      shortages: [{ label: null, nodes: servers, steps: [servers], providers: ["cloud-a"] }],
    });
    if (leaving.size === 0) return;
    const left = count - leaving.size;
    assert.ok(left >= wanted, "work waits for it");
    // Those of min-ready that are ten minutes old give way to the image, and are launched again once there is room.
    const rested = nodes.filter(({ id, stateSince }) => leaving.has(id) && stateSince <= NOW - IDLE);
    const usual = Math.min(count, Math.max(0, minReady) + wanted);
    assert.ok(left + rested.length >= usual, "min-ready has too few");
  }));
});
