import assert from "node:assert/strict";
import type { NodeRecord } from "../../src/domain/node.ts";
import { newestInstant } from "../../src/store/newest_instant.ts";
import { ledgerWith } from "../execute/execute_fixtures.ts";
import { node, NOW, states } from "../plan/plan_fixtures.ts";

const newest = async (...nodes: readonly NodeRecord[]) => newestInstant((await ledgerWith(...nodes)).ledger);

Deno.test("newestInstant() is the latest of what has happened, not of what is to come", async () => {
  assert.equal(await newest(), NOW, "when the installation was made");
  const held = { hold: { reason: null, owner: null, until: NOW + 99 }, retryAt: NOW + 98 };
  assert.equal(
    await newest(node(states.hold, { stateSince: NOW + 1, phaseSince: NOW + 2, ...held })),
    NOW + 2,
  );
});

Deno.test("newestInstant() takes ended nodes and the clock's own record into account", async () => {
  const { ledger, clock } = await ledgerWith(node(states.ready, { id: 1 }));
  await clock.advance(50);
  await ledger.edit((edit) => edit.removeNode(1));
  assert.equal(await newestInstant(ledger), NOW + 50);
  await ledger.saveClock({ at: NOW + 70, wallOffset: 0, clouds: [] });
  assert.equal(await newestInstant(ledger), NOW + 70);
});

Deno.test("newestInstant() leaves out what no clock can have shown", async () => {
  const damaged = node(states.ready, {
    stateSince: Number.MAX_SAFE_INTEGER,
    phaseSince: -Number.MAX_SAFE_INTEGER,
  });
  assert.equal(await newest(damaged), NOW);
});
