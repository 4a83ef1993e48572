/** What a node takes for the server that came of its request, where nobody told it the id. */
import assert from "node:assert/strict";
import { NodeIndex } from "../../src/domain/node_index.ts";
import type { Server } from "../../src/domain/server.ts";
import type { NodeSituation } from "../../src/plan/node_step.ts";
import { planCreate } from "../../src/plan/phases/create.ts";
import { planDeleteServer } from "../../src/plan/phases/delete.ts";
import { planHold } from "../../src/plan/phases/hold.ts";
import { marks, node, NOW, seen, server, situation, states } from "./plan_fixtures.ts";

type More = Partial<Pick<NodeSituation, "nodes">>;

/** What each phase that waits for a server takes over of what is listed. */
function taken(listed: Server, more: More = {}): unknown[] {
  const at = { seen: seen({ servers: [listed] }), ...more };
  const lost = { serverId: null, lostAt: NOW } as const;
  const steps = [
    planCreate(situation({ ...states.create, sentAt: NOW, lostAt: NOW }, at)),
    planCreate(situation(states.create, at)),
    planHold(situation({ ...states.hold, ...lost }, at)),
    planDeleteServer(situation({ ...states["delete-server"], ...lost }, at)),
  ];
  return steps.map((step) =>
    step.do === "change" && step.event.type === "accepted" ? step.event.serverId : null
  );
}

const NOTHING = [null, null, null, null];

Deno.test("a node takes over the server that carries its mark and its name", () => {
  assert.deepEqual(taken(server("s7")), ["s7", "s7", "s7", "s7"]);
});

Deno.test("a server that another node names is never taken over, whatever its metadata says", () => {
  for (const state of [states.ready, states.used, states.hold, states["delete-server"]]) {
    assert.deepEqual(taken(server("s7"), { nodes: NodeIndex.of([node(state, { id: 8 })]) }), NOTHING);
  }
});

Deno.test("a server that somebody made with a copy of the metadata is not taken over", () => {
  assert.deepEqual(taken(server("s1", { name: "a-copy", metadata: marks(7) })), NOTHING);
});
