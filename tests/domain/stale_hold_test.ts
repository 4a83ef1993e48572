import assert from "node:assert/strict";
import { heldAsStale, RESTORED } from "../../src/domain/stale_hold.ts";
import { stateName } from "../../src/domain/node.ts";
import { MINUTE } from "../../src/domain/time.ts";
import { planHold } from "../../src/plan/phases/hold.ts";
import { endJob } from "../../src/rules/end_job.ts";
import { ledgerWith } from "../execute/execute_fixtures.ts";
import { config, inventory, node, NOW, seen, server, situation, states } from "../plan/plan_fixtures.ts";

for (const [phase, state] of Object.entries(states)) {
  const isKept = ["delete", "hold"].includes(stateName({ state }));
  Deno.test(`a node in ${phase} ${isKept ? "stays as it is" : "is held"} where it may be in use`, () => {
    const given = node(state);
    const held = heldAsStale(given, { reason: RESTORED, now: NOW });
    if (isKept) return assert.equal(held, given);
    assert.deepEqual([held.state.phase, held.hold?.mayBeInUse, held.comment], ["hold", true, RESTORED]);
  });
}

Deno.test("servers that are there for images are not held", () => {
  for (const role of ["builder", "checker"] as const) {
    const given = node(states.prepare, { role, providerImageId: 3 });
    assert.equal(heldAsStale(given, { reason: RESTORED, now: NOW }), given);
  }
});

const stale = { hold: { reason: RESTORED, owner: "nodepool", until: null, mayBeInUse: true } } as const;
const limited = config();
const withMaxAge = { ...limited, limits: { ...limited.limits, holdMaxAge: MINUTE } };

Deno.test("no time ends the hold of what may be in use, but that its server is gone does", () => {
  const old = { stateSince: NOW - 100 * MINUTE, phaseSince: NOW - 100 * MINUTE, ...stale };
  const there = situation(states.hold, { fields: old, config: withMaxAge });
  assert.deepEqual(planHold(there), { do: "stay" });
  const gone = inventory([server("s7")], NOW - 2 * MINUTE);
  gone.noteGone("s7");
  const step = planHold(situation(states.hold, { fields: old, seen: seen({ inventory: gone }) }));
  assert.equal(step.do === "change" && step.event.type, "delete");
});

Deno.test("a release ends the hold of what may be in use, and no other", async () => {
  const { ledger } = await ledgerWith(node(states.hold, stale), node(states.hold, { id: 8 }));
  const end = { job: null, result: null, comment: "released", now: NOW };
  const effects = await ledger.edit((edit) => [7, 8].map((nodeId) => endJob(edit, { nodeId, ...end })));
  assert.deepEqual(effects, ["deleted", "kept"]);
});
