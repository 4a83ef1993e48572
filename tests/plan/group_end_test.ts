/** The end of a group: no node leaves the pool before its subnodes, and none of these stays without it. */
import assert from "node:assert/strict";
import type { NodeRecord } from "../../src/domain/node.ts";
import { NodeIndex } from "../../src/domain/node_index.ts";
import { planNode } from "../../src/plan/plan_node.ts";
import {
  config,
  image,
  node,
  NOW,
  provider,
  refusal,
  seen,
  server,
  states,
  subnode,
} from "./plan_fixtures.ts";

const shared = {
  now: NOW,
  config: config(),
  provider: provider(),
  image: image(),
  seen: seen({ servers: [server("s7"), server("s8", { nodeId: 8 })] }),
  nodes: NodeIndex.of([]),
  images: new Map(),
  targets: new Map(),
  heardSince: new Map(),
};

function plan(
  given: NodeRecord,
  { parent = null, subnodes = [], ...more }: {
    parent?: NodeRecord | null;
    subnodes?: readonly NodeRecord[];
    seen?: typeof shared.seen;
  } = {},
) {
  const own = { creating: false, parent, subnodes, subnodeRefusal: null };
  return planNode(given, { ...shared, ...more, ...own });
}

const gone = node(states["delete-address"], { floatingIp: null, subnodeCount: 2 });

Deno.test("a node with nothing left of it waits for its subnodes to end, and ends with the last", () => {
  const { next } = plan(gone, { subnodes: [subnode(8, "delete-server"), subnode(9, "delete-address")] });
  assert.deepEqual([next?.waitingOn?.reason, next?.waitingOn?.message], [
    "subnodes",
    "2 of its subnodes are being deleted",
  ]);
  assert.equal(plan(gone).next, null);
});

Deno.test("a node whose server cannot be had is not forgotten while it has subnodes: they go with it", () => {
  const asking = node(states.create, { subnodeCount: 2 });
  const refused = seen({ refusal: refusal() });
  assert.equal(plan(asking, { seen: refused }).next, null);
  const { next } = plan(asking, { seen: refused, subnodes: [subnode(8, "boot")] });
  assert.equal(next?.comment, "it never got a server");
  assert.equal(next?.result, "unused");
});

Deno.test("a subnode goes once its node does, in every phase but those of its own end", () => {
  for (const phase of ["create", "boot", "login", "prepare", "ready"] as const) {
    for (const parent of [node(states["delete-server"]), node(states["delete-address"]), null]) {
      const { next } = plan(subnode(8, phase), { parent });
      assert.ok(next === null || next.comment === "node 7 is deleted", `${phase}: ${next?.comment}`);
      assert.ok(next === null || next.state.phase.startsWith("delete"), phase);
    }
  }
});

Deno.test("a subnode counts as used where its node was", () => {
  const result = (timings: NodeRecord["timings"]) =>
    plan(subnode(8, "ready"), { parent: node(states["delete-server"], { timings }) }).next?.result;
  assert.deepEqual([result({ create: 1, used: 2 }), result({ create: 1 })], ["used", "unused"]);
});

Deno.test("a subnode stays while its node is taken off its target, since a job may still be sent there", () => {
  const { next } = plan(subnode(8, "ready"), { parent: node(states.unassign) });
  assert.equal(next?.state.phase, "ready");
});

Deno.test("a subnode may be built for as long as a node", () => {
  const old = { stateSince: NOW - config().limits.nodeStuck };
  const { next } = plan(subnode(8, "login", old), { parent: node(states.prepare) });
  assert.equal(next?.comment, "building for more than 8h");
});
