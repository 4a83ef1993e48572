import assert from "node:assert/strict";
import fc from "fast-check";
import type { AutoHold } from "../../src/domain/auto_hold.ts";
import { type NodeRecord, stateName } from "../../src/domain/node.ts";
import { transition } from "../../src/domain/node_transition.ts";
import { endJob, type JobEnd } from "../../src/rules/end_job.ts";
import { ledgerWith } from "../execute/execute_fixtures.ts";
import { node, NOW, states } from "../plan/plan_fixtures.ts";
import { autoHold } from "../store/records.ts";

const JOB = "gate/unit";

function used(id: number, fields: Partial<NodeRecord> = {}): NodeRecord {
  return node({ phase: "used", serverId: `s${id}` }, { id, job: JOB, requestId: 5, ...fields });
}

async function jobKit(nodes: readonly NodeRecord[], entries: readonly Partial<AutoHold>[] = [{}]) {
  const { ledger } = await ledgerWith(...nodes);
  await ledger.edit((edit) =>
    entries.forEach((entry, index) => edit.putJob(autoHold({ id: index + 1, ...entry })))
  );
  const end = (nodeId: number, fields: Partial<JobEnd> = {}) =>
    ledger.edit((edit) =>
      endJob(edit, { nodeId, job: null, result: "FAILURE", comment: "over", now: NOW, ...fields })
    );
  const inState = (state: string) =>
    [...ledger.nodes.values()].filter((each) => stateName(each) === state).map(({ id }) => id);
  return { ledger, end, inState };
}

Deno.test("a node whose job failed is held where the job has an entry, and says why", async () => {
  const { ledger, end } = await jobKit([used(7)]);
  assert.equal(await end(7), "held");
  const held = ledger.nodes.get(7)!;
  assert.deepEqual(held.state, { phase: "hold", serverId: "s7", lostAt: null });
  assert.deepEqual([held.comment, held.job, held.requestId, held.result], [
    "Automatically held after failing gate/unit",
    JOB,
    5,
    null,
  ]);
  assert.deepEqual(held.hold, { reason: held.comment, owner: "nodepool", until: null });
});

Deno.test("any result but SUCCESS is a failure; none at all is not", async () => {
  for (const result of ["FAILURE", "UNSTABLE", "ABORTED", "NOT_BUILT"]) {
    const { end } = await jobKit([used(7)]);
    assert.equal(await end(7, { result }), "held", result);
  }
  for (const result of ["SUCCESS", null]) {
    const { ledger, end } = await jobKit([used(7)]);
    assert.equal(await end(7, { result }), "deleted", String(result));
    const { state, comment, result: how } = ledger.nodes.get(7)!;
    assert.deepEqual([state.phase, comment, how], ["delete-server", "over", "used"]);
  }
});

Deno.test("a node whose job has no entry is deleted, whatever other jobs have", async () => {
  const { end } = await jobKit([used(7), used(8, { job: null })], [{ job: "gate" }, { job: "gate/unit/2" }]);
  assert.equal(await end(7), "deleted");
  assert.equal(await end(8), "deleted");
});

Deno.test("the job that ended counts, not the one that the node was taken for, and the node keeps its name", async () => {
  const { ledger, end } = await jobKit([used(7, { job: "other" }), used(8, { job: null }), used(9)]);
  assert.equal(await end(7, { job: JOB }), "held");
  assert.equal(await end(8, { job: JOB }), "held");
  assert.deepEqual([ledger.nodes.get(7)!.job, ledger.nodes.get(8)!.job], [JOB, JOB]);
  assert.equal(await end(9), "deleted", "two are held already");
});

Deno.test("twenty failures at once hold exactly as many as the entry says", async () => {
  const ids = Array.from({ length: 20 }, (_, index) => index + 1);
  const { end, inState } = await jobKit(ids.map((id) => used(id)));
  const effects = await Promise.all(ids.map((id) => end(id)));
  assert.equal(effects.filter((effect) => effect === "held").length, 2);
  assert.deepEqual([inState("hold").length, inState("delete").length], [2, 18]);
});

Deno.test("failures one after the other hold no more either, and another once one of them is gone", async () => {
  const { ledger, end, inState } = await jobKit([1, 2, 3, 4].map((id) => used(id)));
  for (const id of [1, 2, 3]) await end(id);
  assert.deepEqual(inState("hold"), [1, 2]);
  const removal = { type: "delete", by: "user", comment: "seen enough", result: "used" } as const;
  await ledger.changeNode(1, (each) => transition(each, removal, NOW));
  assert.equal(await end(4), "held");
  assert.deepEqual(inState("hold"), [2, 4]);
});

Deno.test("nodes of the job that somebody else holds count; those of other jobs do not", async () => {
  const hold = { reason: "a look", owner: "ada", until: null };
  const held = (id: number, job: string) => node({ ...states.hold, serverId: `s${id}` }, { id, job, hold });
  const { end } = await jobKit([held(1, JOB), held(2, "other"), held(3, "other"), used(7), used(8)]);
  assert.deepEqual([await end(7), await end(8)], ["held", "deleted"]);
});

Deno.test("a held node stays held, with the end of its job noted, and one that is being deleted stays as it is", async () => {
  const hold = { reason: "a look", owner: "ada", until: NOW + 5 };
  const { ledger, end } = await jobKit([
    node(states.hold, { id: 1, hold, comment: "a look", job: "other" }),
    node(states["delete-server"], { id: 2 }),
    node(states["delete-address"], { id: 3 }),
  ]);
  const before = [...ledger.nodes.values()];
  const effects = [await end(1, { job: JOB }), await end(2), await end(3)];
  assert.deepEqual(effects, ["kept", "deleting", "deleting"]);
  const [held, ...others] = before;
  const noted = { ...held, revision: held!.revision + 1, jobEnd: { at: NOW, result: "FAILURE" } };
  assert.deepEqual([...ledger.nodes.values()], [noted, ...others]);
});

Deno.test("no job ends on a node that is not there, or is there for an image", async () => {
  const { ledger, end } = await jobKit([used(7, { role: "builder" }), used(8, { role: "checker" })]);
  const before = [...ledger.nodes.values()];
  assert.deepEqual([await end(7), await end(8), await end(99)], ["none", "none", "none"]);
  assert.deepEqual([...ledger.nodes.values()], before);
});

Deno.test("a job of which only the end was heard holds its node too", async () => {
  const { end } = await jobKit([node(states.ready)]);
  assert.equal(await end(7, { job: JOB }), "held");
});

Deno.test("however jobs end side by side, no job holds more than it may, nor fewer than failed", async () => {
  const jobs = ["a", "b", "c"];
  const endings = fc.array(
    fc.record({ job: fc.constantFrom(...jobs), result: fc.constantFrom("SUCCESS", "FAILURE", null) }),
    { minLength: 1, maxLength: 30 },
  );
  const limits = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }));
  await fc.assert(
    fc.asyncProperty(endings, limits, async (endings, [a, b]) => {
      const nodes = endings.map(({ job }, index) => used(index + 1, { job }));
      const { ledger, end } = await jobKit(nodes, [{ job: "a", holdOnFailure: a }, {
        job: "b",
        holdOnFailure: b,
      }]);
      await Promise.all(endings.map(({ result }, index) => end(index + 1, { result })));
      for (const [index, limit] of [a, b, 0].entries()) {
        const job = jobs[index];
        const failed = endings.filter((ending) => ending.job === job && ending.result === "FAILURE").length;
        const held = [...ledger.nodes.values()].filter((each) =>
          each.job === job && stateName(each) === "hold"
        );
        assert.equal(held.length, Math.min(failed, limit));
      }
    }),
  );
});

Deno.test("whose job it was and how it went stays with the node, also where a command tells it; the first end counts", async () => {
  const reported = { at: NOW - 5_000, result: "FAILURE" };
  const { ledger, end } = await jobKit([used(7, { job: null }), used(8, { jobEnd: reported })], []);
  await end(7, { job: "release/docs", result: "SUCCESS" });
  await end(8, { result: "SUCCESS" });
  const told = [...ledger.nodes.values()].map(({ job, jobEnd }) => [job, jobEnd]);
  assert.deepEqual(told, [["release/docs", { at: NOW, result: "SUCCESS" }], [JOB, reported]]);
});
