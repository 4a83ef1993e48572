import assert from "node:assert/strict";
import type { NodePhase } from "../../src/domain/node.ts";
import { MINUTE } from "../../src/domain/time.ts";
import { LISTING_SETTLE } from "../../src/plan/node_step.ts";
import { listExpected } from "../../src/tasks/list_expected.ts";
import { node, NOW, states, subnode } from "../plan/plan_fixtures.ts";
import { sampleImage } from "../views/sample_images.ts";

const uses: Partial<Record<NodePhase, string>> = {
  "boot": "building",
  "address": "building",
  "login": "building",
  "prepare": "building",
  "assign": "building",
  "test": "waiting",
  "ready": "waiting",
  "used": "working",
  "hold": "working",
  "unassign": "waiting",
  "delete-server": "deleting",
};

Deno.test("every server that a node names is expected, some time after its phase began", () => {
  for (const phase of Object.keys(states) as NodePhase[]) {
    const found = listExpected([node(states[phase])], []);
    const use = uses[phase];
    const since = NOW - MINUTE + LISTING_SETTLE;
    assert.deepEqual(found, use === undefined ? [] : [{ kind: "server", id: "s7", since, use }], phase);
  }
});

Deno.test("a subnode is worked on where its node may be", () => {
  assert.equal(listExpected([subnode(8, "ready")], [])[0]?.use, "working");
});

Deno.test("what the cloud has accepted to delete is looked for from then on", () => {
  const state = { ...states["delete-server"], askedAt: NOW - 2, acceptedAt: NOW - 1 };
  assert.equal(listExpected([node(state)], [])[0]?.since, NOW - 1);
});

Deno.test("every image that a record names is expected", () => {
  const at = (state: Parameters<typeof sampleImage>[0]["state"]) =>
    listExpected([], [sampleImage({ id: 3, state })]).map(({ kind, id, use }) => [kind, id, use]);
  const gone = { externalId: "i3", lostAt: null, acceptedAt: null };
  assert.deepEqual(at({ phase: "ready", externalId: "i3" }), [["image", "i3", "waiting"]]);
  assert.deepEqual(at({ phase: "saving", externalId: "i3" }), [["image", "i3", "building"]]);
  assert.deepEqual(at({ phase: "delete", ...gone }), [["image", "i3", "deleting"]]);
  assert.deepEqual(at({ phase: "gone" }), []);
});
