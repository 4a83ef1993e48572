import assert from "node:assert/strict";
import { holdNodes, unholdNodes } from "../../src/control/node_commands.ts";
import { nodePhases, type NodeRecord, type NodeState, stateName } from "../../src/domain/node.ts";
import { DAY, HOUR, LAST_INSTANT } from "../../src/domain/time.ts";
import { ledgerWith } from "../execute/execute_fixtures.ts";
import { node, NOW, states } from "../plan/plan_fixtures.ts";
import { everyPhase } from "./every_phase.ts";

const hold = { reason: "look", owner: "ada", duration: null };

Deno.test("a node can be held in any phase until the cloud has been asked to delete its server", async () => {
  const kit = await everyPhase();
  const outcomes = await holdNodes(kit.ids, hold, kit);
  assert.deepEqual(outcomes.filter(({ ok }) => !ok), [{
    id: kit.id("delete-address"),
    ok: false,
    message: `node ${kit.id("delete-address")} is being deleted: its server can no longer be kept`,
  }]);
  assert.ok(nodePhases.slice(0, -1).every((phase) => kit.phase(phase) === "hold"));
  assert.deepEqual(kit.ledger.nodes.get(1)!.hold, { reason: "look", owner: "ada", until: null });
});

Deno.test("a hold for some time tells its end", async () => {
  const kit = await everyPhase();
  const [outcome] = await holdNodes([kit.id("ready")], { ...hold, duration: 2 * HOUR }, kit);
  assert.equal(outcome?.message, "held until 2030-01-02T05:04:05.000Z");
  assert.equal(kit.ledger.nodes.get(kit.id("ready"))!.hold?.until, NOW + 2 * HOUR);
});

/** A node held by ada for two hours. */
const byAda = { reason: "disk errors", owner: "ada", until: NOW + 2 * HOUR };
const nothing = { reason: null, owner: "bob", duration: null };

async function held(fields: Partial<NodeRecord> = {}, state: NodeState = states.hold) {
  const kit = await ledgerWith(node(state, { hold: byAda, comment: "disk errors", ...fields }));
  return { ...kit, node: () => kit.ledger.nodes.get(7)! };
}

Deno.test("to hold a held node changes what is given and keeps the rest: its reason, its owner, its end", async () => {
  const cases = [
    [{}, byAda, "held by ada until 2030-01-02T05:04:05.000Z"],
    [{ reason: "still" }, { ...byAda, reason: "still" }, "held by ada until 2030-01-02T05:04:05.000Z"],
    [{ duration: DAY }, { ...byAda, until: NOW + DAY }, "held by ada until 2030-01-03T03:04:05.000Z"],
    [{ newOwner: "eve" }, { ...byAda, owner: "eve" }, "held by eve until 2030-01-02T05:04:05.000Z"],
    [
      { extend: DAY },
      { ...byAda, until: NOW + DAY + 2 * HOUR },
      "held by ada until 2030-01-03T05:04:05.000Z",
    ],
  ] as const;
  for (const [given, hold, message] of cases) {
    const kit = await held();
    const outcomes = await holdNodes([7], { ...nothing, ...given }, kit);
    assert.deepEqual([outcomes, kit.node().hold, kit.node().comment], [
      [{ id: 7, ok: true, message }],
      hold,
      hold.reason,
    ]);
    assert.equal(kit.node().stateSince, NOW - 60_000, "it is held as long as before");
  }
});

Deno.test("who holds a node already is not told that it is theirs", async () => {
  const kit = await held();
  const [outcome] = await holdNodes([7], { ...nothing, owner: "ada" }, kit);
  assert.equal(outcome!.message, "held until 2030-01-02T05:04:05.000Z");
});

Deno.test("a hold is extended from its end, from now where that is over, and not beyond what a calendar has", async () => {
  const end = async (until: number | null, extend: number) => {
    const kit = await held({ hold: { ...byAda, until } });
    await holdNodes([7], { ...nothing, extend }, kit);
    return kit.node().hold!.until;
  };
  assert.deepEqual(
    [
      await end(NOW + 5, HOUR),
      await end(NOW - 5, HOUR),
      await end(LAST_INSTANT, HOUR),
      await end(null, HOUR),
    ],
    [NOW + HOUR + 5, NOW + HOUR, LAST_INSTANT, null],
  );
});

Deno.test("an extension of a node that is not held says what to do", async () => {
  const { ledger, clock } = await ledgerWith(node(states.used));
  const [outcome] = await holdNodes([7], { ...nothing, extend: DAY }, { ledger, clock });
  assert.deepEqual([outcome!.ok, outcome!.message], [
    false,
    "node 7 is used, not held: there is no hold to extend; use `hold 7 --for`",
  ]);
});

Deno.test("where hold-max-age ends a hold before its own time, the command says so", async () => {
  const kit = await held();
  const [outcome] = await holdNodes([7], { ...nothing, extend: DAY }, { ...kit, maxAge: HOUR });
  assert.equal(outcome!.message, "held by ada until 2030-01-02T04:03:05.000Z, by limits.hold-max-age");
});

Deno.test("a node that is held again after a deletion was called off keeps its reason, and no end that is past", async () => {
  const kit = await held({ hold: { ...byAda, until: NOW - 1 } }, states.unassign);
  await holdNodes([7], nothing, kit);
  assert.deepEqual([kit.node().state.phase, kit.node().hold], ["hold", { ...byAda, until: null }]);
});

Deno.test("what nodepool holds because it may be in use becomes the hold of who holds it, with its reason", async () => {
  const hold = { reason: "from another run", owner: "nodepool", until: null, mayBeInUse: true } as const;
  const kit = await held({ hold });
  await holdNodes([7], { ...nothing, duration: HOUR }, kit);
  assert.deepEqual(kit.node().hold, { reason: "from another run", owner: "bob", until: NOW + HOUR });
});

Deno.test("the end of a hold is told by the offset that all lists show times by, not by one of its own", async () => {
  const kit = await held({ hold: byAda });
  await kit.ledger.saveClock({ at: NOW, wallOffset: 28, clouds: [] });
  const [outcome] = await holdNodes([7], { ...nothing, duration: HOUR }, kit);
  assert.match(outcome!.message, new RegExp(`until ${new Date(NOW + HOUR + 28).toISOString()}$`));
});

Deno.test("unhold gives a job that still runs its node back, whoever runs it", async () => {
  const used = { create: NOW - HOUR, used: NOW - 30 };
  for (
    const fields of [{ timings: used }, { job: "gate", timings: used }, { job: "told while it was held" }]
  ) {
    const kit = await held(fields);
    const outcomes = await unholdNodes([7], { comment: "hold ended by bob" }, kit);
    assert.deepEqual(outcomes, [{ id: 7, ok: true, message: "no longer held; its job goes on" }]);
    const { state, hold, comment, stateSince } = kit.node();
    assert.deepEqual([state, hold, comment, stateSince], [
      { phase: "used", serverId: "s7" },
      null,
      null,
      NOW,
    ]);
  }
});

Deno.test("unhold deletes a node whose job is over, and one that nobody had yet", async () => {
  const over = { job: "gate", jobEnd: { at: NOW - 5, result: "FAILURE" } };
  for (
    const [fields, message, result] of [
      [over, "no longer held; its job is over, and it is marked for deletion", "used"],
      [{}, "no longer held; it may have been changed, and is marked for deletion", "unused"],
    ] as const
  ) {
    const kit = await held(fields);
    assert.equal((await unholdNodes([7], { comment: "hold ended by bob" }, kit))[0]!.message, message);
    const gone = kit.node();
    assert.deepEqual([stateName(gone), gone.result, gone.deletedBy, gone.comment], [
      "delete",
      result,
      "user",
      "hold ended by bob",
    ]);
  }
});

Deno.test("unhold of a node that nobody holds, or that may be in use, changes nothing and says why", async () => {
  const kit = await everyPhase();
  const before = new Map(kit.ledger.nodes);
  const outcomes = await unholdNodes(kit.ids.filter((id) => id !== kit.id("hold")), { comment: "x" }, kit);
  assert.ok(outcomes.every(({ ok }) => !ok));
  assert.equal(outcomes[kit.id("ready") - 1]!.message, `node ${kit.id("ready")} is ready, not held`);
  const words = { test: "being tested", "delete-server": "being deleted" };
  for (const [phase, state] of Object.entries(words)) {
    const id = kit.id(phase as keyof typeof words);
    assert.ok(outcomes.some(({ message }) => message === `node ${id} is ${state}, not held`), phase);
  }
  assert.deepEqual(new Map(kit.ledger.nodes), before);
  const stale = await held({ hold: { ...byAda, mayBeInUse: true } });
  const [outcome] = await unholdNodes([7], { comment: "x" }, stale);
  assert.equal(
    outcome!.message,
    "node 7 may be in use, and this state cannot tell: find out, then `release 7` or `delete 7`",
  );
});
