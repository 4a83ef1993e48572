/** The ladders of a node with subnodes and of a subnode, rung by rung. */
import assert from "node:assert/strict";
import type { NodeRecord } from "../../src/domain/node.ts";
import { NodeIndex } from "../../src/domain/node_index.ts";
import { transition } from "../../src/domain/node_transition.ts";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import type { NodeSituation, NodeStep } from "../../src/plan/node_step.ts";
import { planAssign } from "../../src/plan/phases/assign.ts";
import { planPrepare } from "../../src/plan/phases/prepare.ts";
import { planReady } from "../../src/plan/phases/ready.ts";
import { planTest } from "../../src/plan/phases/test.ts";
import {
  config,
  label,
  node,
  NOW,
  provider,
  seen,
  server,
  situation,
  states,
  subnode,
  without,
} from "./plan_fixtures.ts";

type More = Omit<Partial<NodeSituation>, "node" | "state"> & { fields?: Partial<NodeRecord> };

/** Node 7 with two subnodes. */
function preparing(subnodes: readonly NodeRecord[], { fields, ...more }: More = {}) {
  return planPrepare(
    situation(fields?.state?.phase === "prepare" ? fields.state : states.prepare, {
      fields: { subnodeCount: 2, ...fields },
      subnodes,
      ...more,
    }),
  );
}

const both = [subnode(8, "prepare"), subnode(9, "prepare")];

function waiting(step: NodeStep) {
  assert.equal(step.do, "wait", JSON.stringify(step));
  return step as NodeStep & { do: "wait" };
}

function removed(step: NodeStep) {
  assert.ok(step.do === "change" && step.event.type === "delete", JSON.stringify(step));
  return step.event;
}

function action(step: NodeStep) {
  assert.equal(step.do, "act", JSON.stringify(step));
  return (step as NodeStep & { do: "act" }).action;
}

Deno.test("prepare: a node waits until each of its subnodes can be logged in to", () => {
  for (const phase of ["create", "boot", "address", "login", "delete-server"] as const) {
    const step = waiting(preparing([subnode(8, "prepare"), subnode(9, phase)]));
    assert.deepEqual([step.reason, step.message], ["subnodes", "1 of its 2 subnodes are up"]);
  }
  assert.equal(waiting(preparing([])).message, "0 of its 2 subnodes are up");
});

Deno.test("prepare: a node that misses a subnode tells why that cannot be launched", () => {
  const state = { ...states.prepare, refusedSince: NOW };
  const step = preparing([subnode(8, "prepare")], { subnodeRefusal: "max-servers 3/3", fields: { state } });
  assert.equal(waiting(step).message, "1 of its 2 subnodes are up: max-servers 3/3");
});

Deno.test("prepare: a node that cannot have its subnodes is given up, the first of a provider's last, for it needs what others leave", () => {
  const [first, second] = [7, 17].map((id) => node(states.prepare, { id, subnodeCount: 2 }));
  const after = (minutes: number, { id }: NodeRecord, subnodeRefusal: string | null = "max-servers 3/3") => {
    const state = { ...states.prepare, refusedSince: NOW - minutes * MINUTE };
    const nodes = NodeIndex.of([second!, first!]);
    return preparing([subnode(id + 1, "prepare")], { nodes, subnodeRefusal, fields: { id, state } });
  };
  assert.equal(waiting(after(9, second!)).until, NOW + MINUTE);
  assert.equal(waiting(after(10, first!)).until, NOW + 10 * MINUTE);
  for (const step of [after(10, second!), after(20, first!)]) {
    const { by, comment, result } = removed(step);
    assert.deepEqual([by, result], ["limit", "failed"]);
    assert.match(comment!, /^1 of its 2 subnodes are up after [12]0m: max-servers 3\/3$/);
  }
});

Deno.test("prepare: how long servers boot is no part of the time for which they cannot be launched", () => {
  const waitingOn = { reason: "subnodes", message: "", since: NOW - 30 * MINUTE } as const;
  const booting = { fields: { waitingOn }, subnodeRefusal: null };
  waiting(preparing([subnode(8, "boot")], booting));
  const refused = preparing([subnode(8, "boot")], { ...booting, subnodeRefusal: "max-servers 3/3" });
  assert.deepEqual(refused, { do: "change", event: { type: "subnodes-refused" } });
  const state = transition(node(states.prepare), { type: "subnodes-refused" }, NOW).state;
  assert.deepEqual(state, { ...states.prepare, refusedSince: NOW });
  const asked = [subnode(8, "boot"), subnode(9, "create")];
  waiting(preparing(asked, { fields: { state } }));
  const accepted = preparing([subnode(8, "boot"), subnode(9, "boot")], { fields: { state } });
  assert.deepEqual(accepted, { do: "change", event: { type: "incomplete" } });
  assert.deepEqual(transition(node(state), { type: "incomplete" }, NOW).state, states.prepare);
});

Deno.test("prepare: files and script go to the node and to those subnodes that are not being deleted", () => {
  const scripted = config({ labels: [label({ readyScript: "ready.sh" })] });
  const step = action(preparing([...both, subnode(10, "delete-server")], { config: scripted }));
  assert.ok(step.type === "prepare-node");
  assert.deepEqual(step.subnodes.map(({ id }) => id), [8, 9]);
  assert.equal(step.readyScript, "ready.sh");
});

Deno.test("prepare: an attempt that failed is repeated after its pause", () => {
  const waitingOn = { reason: "script", message: "connection lost", since: NOW } as const;
  const fields = { retryAt: NOW + SECOND, attempt: 1, waitingOn };
  const step = waiting(preparing(both, { fields }));
  assert.deepEqual([step.message, step.until], ["connection lost", NOW + SECOND]);
  assert.equal(action(preparing(both, { fields, now: NOW + SECOND })).type, "prepare-node");
});

Deno.test("prepare: attempts that keep failing for boot-timeout end the launch, and none that is under way", () => {
  const { bootTimeout } = provider();
  const since = NOW - bootTimeout;
  const waitingOn = { reason: "script", message: "connection lost", since } as const;
  const state = { ...states.prepare, failingSince: since };
  const failed = action(preparing(both, { fields: { state, attempt: 9, waitingOn, retryAt: NOW } }));
  assert.ok(failed.type === "give-up");
  assert.equal(failed.failure.message, "not prepared within 120 s: connection lost");
  // The last failure came early, and the attempt after it takes long.
  const underWay = preparing(both, { fields: { state, attempt: 1, waitingOn, retryAt: since + 2 * SECOND } });
  assert.equal(action(underWay).type, "prepare-node");
});

Deno.test("prepare: the time that a node has waited for a subnode counts for nothing", () => {
  const waitingOn = { reason: "script", message: "connection lost", since: NOW - 60 * MINUTE } as const;
  const state = { ...states.prepare, failingSince: NOW - 60 * MINUTE };
  const failing = { state, attempt: 1, waitingOn, retryAt: NOW - 59 * MINUTE };
  const incomplete = preparing([both[0]!], { fields: failing });
  assert.deepEqual(incomplete, { do: "change", event: { type: "incomplete" } });
  const begun = transition(node(state, failing), { type: "incomplete" }, NOW);
  assert.deepEqual([begun.state, begun.attempt, begun.retryAt], [states.prepare, 0, null]);
  assert.equal(action(preparing(both, { fields: { state: begun.state } })).type, "prepare-node");
});

Deno.test("prepare: a node of a label that is gone ends, as its subnodes would not be replaced", () => {
  const event = removed(preparing([], { config: config({ labels: [] }) }));
  assert.deepEqual([event.result, event.comment], [
    "unused",
    "the configuration no longer has label noble",
  ]);
});

Deno.test("prepare: a node with fewer subnodes than its label has now ends, as nobody would get it", () => {
  const event = removed(preparing(both, { config: config({ labels: [label({ subnodes: 3 })] }) }));
  assert.equal(event.comment, "it has 2 of the 3 subnodes that label noble now has");
});

Deno.test("prepare: a subnode is ready when its node is past its preparation, and waits before", () => {
  const at = (parent: NodeRecord) =>
    planPrepare({ ...situation(states.prepare, { parent }), node: subnode(8, "prepare") });
  for (const phase of ["create", "boot", "login", "prepare"] as const) {
    assert.equal(waiting(at(node(states[phase]))).reason, "node");
  }
  for (const phase of ["assign", "test", "ready", "used", "hold"] as const) {
    assert.deepEqual(at(node(states[phase])), { do: "change", event: { type: "prepared", next: "ready" } });
  }
});

const ladders = {
  ready: (more: More) => planReady(situation(states.ready, more)),
  test: (more: More) => planTest(situation(states.test, more)),
  assign: (more: More) => planAssign(situation(states.assign, more)),
};
for (const [phase, plan] of Object.entries(ladders)) {
  Deno.test(`${phase}: a node that has lost a subnode is broken`, () => {
    const fields = { subnodeCount: 2 };
    for (const subnodes of [[subnode(8, "ready")], [subnode(8, "ready"), subnode(9, "delete-server")]]) {
      const event = removed(plan({ fields, subnodes }));
      assert.equal(event.comment, "1 of its 2 subnodes are lost");
      assert.equal(event.result, phase === "ready" ? "lost" : "failed");
    }
  });
}

Deno.test("ready: a node whose subnodes are all there stays, whether they are ready or about to be", () => {
  const subnodes = [subnode(8, "ready"), subnode(9, "prepare")];
  assert.deepEqual(ladders.ready({ fields: { subnodeCount: 2 }, subnodes }), { do: "stay" });
});

/** A ready subnode of a node in the phase, on a server in that status; null: the server is gone. */
function beside(phase: "assign" | "test" | "ready" | "used" | "hold", status: string | null): NodeStep {
  const servers = status === null ? [] : [server("s7", { status, nodeId: 8 })];
  return planReady({
    ...situation(states.ready, {
      parent: node(states[phase]),
      seen: status === null ? without("s7") : seen({ servers }),
    }),
    node: subnode(8, "ready"),
  });
}

Deno.test("ready: a subnode whose node nobody has yet is lost where that would be", () => {
  for (const phase of ["assign", "test", "ready"] as const) {
    for (const status of [null, "ERROR", "SHUTOFF"]) {
      assert.equal(removed(beside(phase, status)).result, "lost");
    }
    assert.deepEqual(beside(phase, "ACTIVE"), { do: "stay" });
  }
});

Deno.test("ready: a subnode is left to whoever works on its node, unless its server is gone", () => {
  for (const status of ["ERROR", "SHUTOFF", "RESCUE"]) {
    assert.deepEqual(beside("used", status), { do: "stay" });
  }
  assert.equal(removed(beside("used", null)).result, "lost");
});

Deno.test("ready: a subnode of a held node is kept, even when its server is in trouble or gone", () => {
  for (const status of ["ERROR", "SHUTOFF"]) assert.deepEqual(beside("hold", status), { do: "stay" });
  const { reason, message } = waiting(beside("hold", null));
  assert.deepEqual([reason, message], ["gone", "server s7 is no longer on the cloud"]);
});

Deno.test("prepare: whatever the server is for, it is deleted once it is lost", () => {
  const inError = seen({ servers: [server("s7", { status: "ERROR", fault: "No valid host" })] });
  const results = { node: "failed", subnode: "failed", builder: "lost", checker: "lost" } as const;
  for (const [role, result] of Object.entries(results)) {
    const fields = { role: role as keyof typeof results };
    const event = removed(planPrepare(situation(states.prepare, { fields, seen: inError })));
    assert.deepEqual([event.result, event.comment], [result, "server s7 is in ERROR: No valid host"], role);
  }
});
