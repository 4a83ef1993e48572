import assert from "node:assert/strict";
import type { NodePhase, NodeState } from "../../src/domain/node.ts";
import {
  mayHaveUnknownServer,
  nodePhases,
  nodeStateNames,
  serverIdOf,
  stateName,
} from "../../src/domain/node.ts";
import { nodeRecord } from "../store/records.ts";

const node = (state: NodeState) => nodeRecord({ id: 1, state });

/** A state of each phase, the state name that users see, and its server. */
const examples: Record<NodePhase, [NodeState, string, string | null]> = {
  "create": [{ phase: "create", sentAt: 5, lostAt: null }, "building", null],
  "boot": [{ phase: "boot", serverId: "s1" }, "building", "s1"],
  "address": [{ phase: "address", serverId: "s1", activeAt: 5 }, "building", "s1"],
  "login": [{ phase: "login", serverId: "s1", activeAt: 5 }, "building", "s1"],
  "prepare": [{ phase: "prepare", serverId: "s1" }, "building", "s1"],
  "assign": [{ phase: "assign", serverId: "s1" }, "building", "s1"],
  "test": [{ phase: "test", serverId: "s1", startedAt: 5 }, "test", "s1"],
  "ready": [{ phase: "ready", serverId: "s1" }, "ready", "s1"],
  "used": [{ phase: "used", serverId: "s1" }, "used", "s1"],
  "hold": [{ phase: "hold", serverId: "s1", lostAt: null }, "hold", "s1"],
  "unassign": [{ phase: "unassign", serverId: "s1" }, "delete", "s1"],
  "delete-server": [
    { phase: "delete-server", serverId: "s1", lostAt: null, askedAt: null, acceptedAt: null },
    "delete",
    "s1",
  ],
  "delete-address": [{ phase: "delete-address" }, "delete", null],
};

for (const [phase, [state, name, serverId]] of Object.entries(examples)) {
  Deno.test(`a node in phase ${phase} is shown as ${name}, with server ${serverId}`, () => {
    assert.equal(stateName(node(state)), name);
    assert.equal(serverIdOf(node(state)), serverId);
  });
}

Deno.test("nodePhases and nodeStateNames have each one once, in the order of a node's life", () => {
  assert.deepEqual(nodePhases, Object.keys(examples));
  assert.deepEqual(nodeStateNames, [...new Set(nodePhases.map((phase) => examples[phase][1]))]);
});

const deleting = { phase: "delete-server", askedAt: null, acceptedAt: null } as const;
const unknown: [string, NodeState, boolean][] = [
  ["was not asked for", { phase: "create", sentAt: null, lostAt: null }, false],
  ["was asked for", { phase: "create", sentAt: 5, lostAt: null }, true],
  ["was asked for without an answer", { phase: "create", sentAt: 5, lostAt: 9 }, true],
  ["is known", { phase: "boot", serverId: "s1" }, false],
  ["was never asked for before its node was held", { phase: "hold", serverId: null, lostAt: null }, false],
  ["was on its way when its node was held", { phase: "hold", serverId: null, lostAt: 5 }, true],
  ["is known and its node held", { phase: "hold", serverId: "s1", lostAt: 5 }, false],
  ["was never asked for before its node's deletion", { ...deleting, serverId: null, lostAt: null }, false],
  ["was on its way at its node's deletion", { ...deleting, serverId: null, lostAt: 5 }, true],
  ["is known and being deleted", { ...deleting, serverId: "s1", lostAt: null }, false],
  ["is gone", { phase: "delete-address" }, false],
];
for (const [what, state, expected] of unknown) {
  Deno.test(`mayHaveUnknownServer() is ${expected} for a node whose server ${what}`, () => {
    assert.equal(mayHaveUnknownServer(node(state)), expected);
  });
}
