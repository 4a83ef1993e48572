import assert from "node:assert/strict";
import { deleteNodes, holdNodes, releaseNodes } from "../../src/control/node_commands.ts";
import { nodePhases } from "../../src/domain/node.ts";
import { ledgerWith } from "../execute/execute_fixtures.ts";
import { node, NOW, states } from "../plan/plan_fixtures.ts";
import { everyPhase } from "./every_phase.ts";
import { autoHold } from "../store/records.ts";

Deno.test("a node can be deleted in any phase, held ones too; one that is already being deleted stays as it is", async () => {
  const kit = await everyPhase();
  const outcomes = await deleteNodes(kit.ids, { comment: "by hand" }, kit);
  assert.ok(outcomes.every(({ ok }) => ok));
  const messages = new Map(outcomes.map(({ id, message }) => [id, message]));
  assert.equal(messages.get(kit.id("hold")), "marked for deletion");
  assert.equal(messages.get(kit.id("delete-address")), "already being deleted");
  const going = nodePhases.filter((phase) => phase !== "unassign" && phase !== "delete-address");
  assert.ok(going.every((phase) => kit.phase(phase) === "delete-server"));
  assert.equal(kit.phase("unassign"), "unassign");
  assert.equal(kit.phase("delete-address"), "delete-address");
  assert.equal(kit.ledger.nodes.get(kit.id("ready"))!.comment, "by hand");
});

Deno.test("a node that somebody had counts as used when it is deleted by hand, another one as unused", async () => {
  const timings = { create: NOW, used: NOW };
  const kit = await ledgerWith(node(states.used, { timings }), node(states.ready, { id: 8 }));
  await deleteNodes([7, 8], { comment: "by hand" }, kit);
  assert.deepEqual([...kit.ledger.nodes.values()].map(({ result }) => result), ["used", "unused"]);
});

Deno.test("only a node in use is released; a held one is kept", async () => {
  const kit = await everyPhase();
  const before = new Map(kit.ledger.nodes);
  const outcomes = await releaseNodes(kit.ids, { result: null, job: null }, kit);
  const ok = outcomes.filter((outcome) => outcome.ok).map(({ id }) => id);
  assert.deepEqual(
    ok,
    ["used", "hold", "unassign", "delete-server", "delete-address"].map((phase) => kit.id(phase as "used")),
  );
  const changed = [...kit.ledger.nodes].filter(([id, each]) => before.get(id) !== each).map(([id]) => id);
  assert.deepEqual(changed, [kit.id("used"), kit.id("hold")]);
  assert.deepEqual([kit.phase("hold"), kit.ledger.nodes.get(kit.id("hold"))!.jobEnd], [
    "hold",
    { at: NOW, result: null },
  ]);
  assert.match(outcomes[kit.id("ready") - 1]!.message, /is ready, not in use; to delete it, use `delete`/);
  assert.deepEqual(outcomes[kit.id("hold") - 1], {
    id: kit.id("hold"),
    ok: true,
    message: "stays held",
    stays: true,
  });
});

Deno.test("a release says by which job and with which result", async () => {
  const comments = [
    [{ result: null, job: null }, null, "released"],
    [{ result: "SUCCESS", job: null }, "gate", "released by gate: SUCCESS"],
    [{ result: "FAILURE", job: "check" }, "gate", "released by check: FAILURE"],
  ] as const;
  for (const [options, job, comment] of comments) {
    const kit = await ledgerWith(node(states.used, { job }));
    await releaseNodes([7], options, kit);
    assert.deepEqual([kit.ledger.nodes.get(7)!.comment, kit.ledger.nodes.get(7)!.result], [comment, "used"]);
  }
});

Deno.test("a release with a failure holds the node where its job has an entry, and says so", async () => {
  const kit = await ledgerWith(...[1, 2, 3, 4].map((id) => node(states.used, { id, job: "gate" })));
  await kit.ledger.edit((edit) => edit.putJob(autoHold({ id: 1, job: "check", holdOnFailure: 1 })));
  const outcomes = [
    ...await releaseNodes([1], { result: "FAILURE", job: null }, kit),
    ...await releaseNodes([2], { result: "SUCCESS", job: "check" }, kit),
    ...await releaseNodes([3, 4], { result: "FAILURE", job: "check" }, kit),
  ];
  assert.deepEqual(outcomes.map(({ message }) => message), [
    "released, and marked for deletion",
    "released, and marked for deletion",
    "held after failing check",
    "released, and marked for deletion",
  ]);
  assert.equal(kit.ledger.nodes.get(3)!.comment, "Automatically held after failing check");
});

Deno.test("a server that is there for an image is not released", async () => {
  const role = { role: "builder", launchReason: "prepares image 3", label: "" } as const;
  const kit = await ledgerWith(node(states.prepare, role), node(states["delete-server"], { ...role, id: 8 }));
  const outcomes = await releaseNodes([7, 8], { result: "FAILURE", job: "gate" }, kit);
  assert.deepEqual(outcomes.map(({ ok, message }) => [ok, message]), [
    [false, "node 7 prepares image 3: it is deleted after that and cannot be released"],
    [false, "node 8 prepares image 3: it is deleted after that and cannot be released"],
  ]);
});

Deno.test("an unknown id is told and stops none of the others", async () => {
  const kit = await everyPhase();
  const unknown = { id: 99, ok: false, message: "there is no node 99" };
  const ready = kit.id("ready");
  assert.deepEqual(await holdNodes([99, ready], { reason: "look", owner: "ada", duration: null }, kit), [
    unknown,
    {
      id: ready,
      ok: true,
      message: "held",
    },
  ]);
  assert.deepEqual((await deleteNodes([99, ready], { comment: "" }, kit))[0], unknown);
  assert.deepEqual((await releaseNodes([99], { result: null, job: null }, kit))[0], unknown);
});
