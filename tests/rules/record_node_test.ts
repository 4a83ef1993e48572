/** What follows from a node's change: pauses of its label on its provider. */
import assert from "node:assert/strict";
import type { NodeRecord } from "../../src/domain/node.ts";
import { recordNode } from "../../src/rules/record_node.ts";
import { config, node, NOW, provider, states } from "../plan/plan_fixtures.ts";
import { sampleImage } from "../views/sample_images.ts";
import { ledgerWith } from "../execute/execute_fixtures.ts";

/** The failures in a row of the pause after each of these changes, one after the other; null: there is none. */
async function pausesAfter(...changes: (readonly [NodeRecord, Partial<NodeRecord>])[]) {
  const providers = [provider({ name: "cloud-0", launchRetries: 9 }), provider({ launchRetries: 1 })];
  const { ledger } = await ledgerWith();
  const failures: (number | null)[] = [];
  for (const [before, fields] of changes) {
    await ledger.edit((edit) => edit.putNode(before));
    const previous = ledger.nodes.get(before.id)!;
    const next = { ...previous, ...fields };
    await ledger.edit((edit) =>
      recordNode(edit, { previous, next, config: config({ providers }), now: NOW })
    );
    failures.push([...ledger.pauses.values()][0]?.failures ?? null);
    await ledger.edit((edit) => edit.removeNode(before.id));
  }
  return { failures, pause: [...ledger.pauses.values()][0] };
}

const failed = { result: "failed" as const, state: states["delete-server"] };

Deno.test("a launch that fails pauses its label on its provider, by that provider's launch-retries", async () => {
  const { failures, pause } = await pausesAfter([node(states.login), failed]);
  assert.deepEqual([failures, pause?.provider, pause?.label], [[1], "cloud-a", "noble"]);
  assert.equal(pause?.until, NOW + 1_000);
  const second = await pausesAfter([node(states.login), failed], [node(states.login, { id: 8 }), {
    ...failed,
    timings: { create: NOW + 1 },
  }]);
  assert.deepEqual([second.failures, second.pause?.until], [[1, 2], NOW + 15_000]);
});

Deno.test("a node that becomes ready proves the image that it was booted from, and no other", async () => {
  const { ledger } = await ledgerWith();
  const login = node(states.login, { imageId: "image-2" });
  await ledger.edit((edit) => {
    for (const id of [1, 2]) edit.putImage(sampleImage({ id }));
    edit.putImage(
      sampleImage({ id: 3, provider: "cloud-b", state: { phase: "ready", externalId: "image-2" } }),
    );
    edit.putImage(sampleImage({ id: 4, state: { phase: "saving", externalId: "image-2" } }));
    edit.putNode(login);
  });
  const proven = async (state: NodeRecord["state"]) => {
    const previous = ledger.nodes.get(login.id)!;
    const next = { ...previous, state };
    await ledger.edit((edit) => recordNode(edit, { previous, next, config: config(), now: NOW }));
    return [...ledger.images.values()].filter(({ state }) => "isProven" in state).map(({ id }) => id);
  };
  assert.deepEqual(await proven(states.prepare), []);
  assert.deepEqual(await proven(states.ready), [2]);
  const { revision } = ledger.images.get(2)!;
  assert.deepEqual(await proven(states.login), [2]);
  assert.deepEqual(await proven(states.ready), [2]);
  assert.equal(ledger.images.get(2)!.revision, revision, "once is enough");
});

Deno.test("a failure counts once, however often its node changes after it", async () => {
  const again = node(states["delete-server"], { result: "failed", id: 8, timings: { create: NOW + 1 } });
  const { failures } = await pausesAfter([node(states.login), failed], [again, { comment: "later" }]);
  assert.deepEqual(failures, [1, 1]);
});

Deno.test("a node that becomes ready ends the pause; one that is or was ready does not", async () => {
  const { failures } = await pausesAfter(
    [node(states.login), failed],
    [node(states.ready, { id: 8 }), { comment: "kept" }],
    [node(states.ready, { id: 9 }), { state: states.used }],
    [node(states.login, { id: 10 }), { state: states.ready }],
  );
  assert.deepEqual(failures, [1, 1, 1, null]);
});
