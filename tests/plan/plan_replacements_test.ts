import assert from "node:assert/strict";
import type { NodeRecord } from "../../src/domain/node.ts";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import { planReplacements } from "../../src/plan/plan_replacements.ts";
import { config, heard, label, node, NOW, states } from "./plan_fixtures.ts";

const aging = config({ labels: [label({ maxReadyAge: HOUR })] });

/** Ready nodes, each a minute older than the one before; the first is of age just now. */
function readyNodes(count: number): NodeRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const id = index + 1;
    return node({ phase: "ready", serverId: `s${id}` }, { id, stateSince: NOW - HOUR - index * MINUTE });
  });
}

const retired = (nodes: readonly NodeRecord[], now = NOW) =>
  planReplacements({ config: aging, nodes, now }).nodes.map(({ id }) => id);

Deno.test("of the nodes over max-ready-age a tenth is replaced at once, at least one, the oldest first", () => {
  assert.deepEqual(retired(readyNodes(3)), [3]);
  assert.deepEqual(retired(readyNodes(20)), [20, 19]);
  assert.deepEqual(retired(readyNodes(3), NOW - 5 * MINUTE), []);
});

Deno.test("while one is being replaced, that is deleted or built, the next ones stay", () => {
  for (const phase of ["create", "boot", "delete-server", "delete-address"] as const) {
    assert.deepEqual(retired([...readyNodes(5), node(states[phase], { id: 9 })]), [], phase);
  }
});

Deno.test("a deletion that takes more than ten minutes keeps no other node from being replaced", () => {
  const stuck = node(states["delete-server"], { id: 9, stateSince: NOW - 10 * MINUTE });
  assert.deepEqual(retired([...readyNodes(5), stuck]), [5]);
});

Deno.test("nodes in use and of labels without max-ready-age do not age", () => {
  assert.deepEqual(retired([node(states.used, { stateSince: NOW - 9 * HOUR })]), []);
  assert.deepEqual(planReplacements({ config: config(), nodes: readyNodes(3), now: NOW }), {
    nodes: [],
    until: null,
  });
});

Deno.test("a node that a target has is not replaced where a job on it may have begun unheard", () => {
  const [assigned] = readyNodes(1).map((each) => ({ ...each, assignedAt: NOW - HOUR, manager: "ci01" }));
  const replaced = (since: number | null) =>
    planReplacements({ config: aging, nodes: [assigned!], now: NOW, heardSince: heard(since) }).nodes.length;
  assert.deepEqual([null, NOW - MINUTE, NOW - 2 * HOUR].map(replaced), [0, 0, 1]);
});

Deno.test("planning again is due when the next node comes of age", () => {
  const [young] = readyNodes(1);
  const { nodes, until } = planReplacements({ config: aging, nodes: [young!], now: NOW - 1 });
  assert.deepEqual([nodes, until], [[], NOW]);
});

Deno.test("a label's age is that of its own nodes: those of others and subnodes stay", () => {
  const labels = [label({ maxReadyAge: HOUR }), label({ name: "jammy" })];
  const others = readyNodes(3).map((each) => ({ ...each, label: "jammy" }));
  assert.deepEqual(planReplacements({ config: config({ labels }), nodes: others, now: NOW }), {
    nodes: [],
    until: null,
  });
  const subnodes = readyNodes(3).map((each) => ({ ...each, role: "subnode" as const, parentId: 9 }));
  assert.deepEqual(retired(subnodes), []);
  // Neither do they count among those of which a tenth may be away.
  assert.deepEqual(retired([...readyNodes(5), ...subnodes.map((each) => ({ ...each, id: each.id + 20 }))]), [
    5,
  ]);
});
