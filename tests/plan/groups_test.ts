import assert from "node:assert/strict";
import { NodeIndex } from "../../src/domain/node_index.ts";
import { livingSubnodes } from "../../src/plan/being_deleted.ts";
import { node, states, subnode } from "./plan_fixtures.ts";

const parent = node(states.ready, { subnodeCount: 2 });
const alone = node(states.ready, { id: 1 });
const subnodes = [subnode(8, "ready"), subnode(9, "delete-server"), subnode(10, "boot")];
const groups = NodeIndex.of([alone, ...subnodes, parent]);

Deno.test("a NodeIndex finds a node's subnodes, those that are being deleted included, and the way back", () => {
  assert.deepEqual(groups.subnodesOf(7), subnodes);
  for (const each of subnodes) assert.equal(groups.nodeOf(each), parent);
});

Deno.test("a NodeIndex knows no subnodes of a node that has none, and no node of one that is alone or left alone", () => {
  assert.deepEqual(groups.subnodesOf(1), []);
  assert.equal(groups.nodeOf(alone), null);
  assert.equal(groups.nodeOf(subnode(11, "ready", { parentId: 6 })), null);
});

Deno.test("livingSubnodes() leaves out what is being deleted, in each phase of that", () => {
  const ending = (["unassign", "delete-server", "delete-address"] as const).map((phase, index) =>
    subnode(20 + index, phase)
  );
  assert.deepEqual(livingSubnodes([...subnodes, ...ending]).map(({ id }) => id), [8, 10]);
});
