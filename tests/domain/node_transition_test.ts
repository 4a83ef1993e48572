import assert from "node:assert/strict";
import fc from "fast-check";
import type { NodeRecord, NodeState } from "../../src/domain/node.ts";
import { mayHaveUnknownServer, nodePhases, serverIdOf, stateName } from "../../src/domain/node.ts";
import type { NodeEvent } from "../../src/domain/node_transition.ts";
import { transition } from "../../src/domain/node_transition.ts";
import { IllegalTransitionError } from "../../src/domain/state_rules.ts";
import { arbitraryState, nodeRecord } from "../store/records.ts";

type EventType = NodeEvent["type"];

const evidence = { at: 1, error: "no route", kind: "ssh", requestId: null, fault: null, console: null };
const waitingOn = { reason: "quota", message: "instances 40/40" } as const;
const hold = { reason: "look at it", owner: "ada", until: null };

const events: { [Type in EventType]: Extract<NodeEvent, { type: Type }> } = {
  "sending": { type: "sending" },
  "refused": { type: "refused", result: "failed", evidence },
  "postponed": { type: "postponed", until: 9_000, waitingOn },
  "waiting": { type: "waiting", waitingOn },
  "answer-lost": { type: "answer-lost", evidence },
  "accepted": { type: "accepted", serverId: "s1" },
  "active": { type: "active" },
  "inactive": { type: "inactive" },
  "floating-ip": { type: "floating-ip", floatingIp: { id: "f1", address: "203.0.113.5" } },
  "addressed": {
    type: "addressed",
    addresses: { login: "203.0.113.5", publicV4: "203.0.113.5", publicV6: null, privateV4: null },
  },
  "logged-in": { type: "logged-in", hostKey: "ssh-ed25519 AAAA", next: "ready" },
  "subnodes-refused": { type: "subnodes-refused" },
  "incomplete": { type: "incomplete" },
  "prepared": { type: "prepared", next: "ready" },
  "assigning": { type: "assigning" },
  "assigned": { type: "assigned", manager: "ci", next: "test" },
  "testing": { type: "testing" },
  "tested": { type: "tested" },
  "taken": { type: "taken", job: "gate-unit", requestId: 4 },
  "job-begun": { type: "job-begun", job: "gate-docs" },
  "job-ended": { type: "job-ended", result: "FAILURE" },
  "closed": { type: "closed" },
  "unassigned": { type: "unassigned" },
  "hold": { type: "hold", hold },
  "unheld": { type: "unheld" },
  "evidence": { type: "evidence", evidence },
  "delete": { type: "delete", by: "user", comment: "its job is over", result: "used" },
  "deleting": { type: "deleting" },
  "delete-accepted": { type: "delete-accepted" },
  "server-gone": { type: "server-gone" },
};

const eventTypes = Object.keys(events) as EventType[];

/** In every phase: notes, and the mark for deletion. */
const always: readonly EventType[] = ["evidence", "postponed", "waiting", "delete"];

/** By the name of a situation: a state in it and the events that it knows besides those above. */
const situations: Record<string, { state: NodeState; knows: readonly EventType[] }> = {
  "create": {
    state: { phase: "create", sentAt: null, lostAt: null },
    knows: ["sending", "accepted", "answer-lost", "refused", "hold"],
  },
  "create, sent": {
    state: { phase: "create", sentAt: 5, lostAt: null },
    knows: ["accepted", "answer-lost", "refused", "hold"],
  },
  "create, answer lost": {
    state: { phase: "create", sentAt: 5, lostAt: 9 },
    knows: ["accepted", "answer-lost", "refused", "hold"],
  },
  "boot": { state: { phase: "boot", serverId: "s1" }, knows: ["active", "hold"] },
  "address": {
    state: { phase: "address", serverId: "s1", activeAt: 5 },
    knows: ["floating-ip", "addressed", "hold"],
  },
  "login": {
    state: { phase: "login", serverId: "s1", activeAt: 5 },
    knows: ["floating-ip", "logged-in", "hold"],
  },
  "prepare": {
    state: { phase: "prepare", serverId: "s1" },
    knows: ["floating-ip", "subnodes-refused", "incomplete", "prepared", "hold"],
  },
  "assign": {
    state: { phase: "assign", serverId: "s1" },
    knows: ["floating-ip", "inactive", "active", "assigning", "assigned", "hold"],
  },
  "test": {
    state: { phase: "test", serverId: "s1", startedAt: null },
    knows: ["floating-ip", "testing", "tested", "job-ended", "hold"],
  },
  "ready": { state: { phase: "ready", serverId: "s1" }, knows: ["floating-ip", "taken", "hold"] },
  "used": {
    state: { phase: "used", serverId: "s1" },
    knows: ["floating-ip", "assigned", "job-begun", "job-ended", "closed", "hold"],
  },
  "hold": {
    state: { phase: "hold", serverId: "s1", lostAt: null },
    knows: ["answer-lost", "refused", "floating-ip", "assigned", "job-begun", "job-ended", "unheld", "hold"],
  },
  "hold, no server known": {
    state: { phase: "hold", serverId: null, lostAt: 5 },
    knows: [
      "accepted",
      "answer-lost",
      "refused",
      "floating-ip",
      "assigned",
      "job-begun",
      "job-ended",
      "hold",
    ],
  },
  "unassign": {
    state: { phase: "unassign", serverId: "s1" },
    knows: ["floating-ip", "assigned", "unassigned", "hold"],
  },
  "unassign, may run a job": {
    state: { phase: "unassign", serverId: "s1", mayRunJob: true },
    knows: ["floating-ip", "assigned", "taken", "unassigned", "hold"],
  },
  "delete-server": {
    state: { phase: "delete-server", serverId: "s1", lostAt: null, askedAt: null, acceptedAt: null },
    knows: [
      "answer-lost",
      "refused",
      "floating-ip",
      "deleting",
      "delete-accepted",
      "server-gone",
      "hold",
    ],
  },
  "delete-server, no server known": {
    state: { phase: "delete-server", serverId: null, lostAt: 5, askedAt: null, acceptedAt: null },
    knows: [
      "accepted",
      "answer-lost",
      "refused",
      "floating-ip",
      "deleting",
      "delete-accepted",
      "server-gone",
      "hold",
    ],
  },
  "delete-server, asked": {
    state: { phase: "delete-server", serverId: "s1", lostAt: null, askedAt: 7, acceptedAt: null },
    knows: [
      "answer-lost",
      "refused",
      "floating-ip",
      "deleting",
      "delete-accepted",
      "server-gone",
    ],
  },
  "delete-address": { state: { phase: "delete-address" }, knows: ["floating-ip"] },
};

Deno.test("the table below has every phase", () => {
  const phases = new Set(Object.values(situations).map(({ state }) => state.phase));
  assert.deepEqual([...phases].sort(), [...nodePhases].sort());
});

for (const [situation, { state, knows }] of Object.entries(situations)) {
  Deno.test(`transition() in ${situation} knows ${[...knows].join(", ")}, what is always known, and nothing else`, () => {
    const node = nodeRecord({ id: 7, state });
    for (const type of eventTypes) {
      const attempt = () => transition(node, events[type], 1_000);
      if (knows.includes(type) || always.includes(type)) assert.doesNotThrow(attempt, type);
      else assert.throws(attempt, new IllegalTransitionError("node", node, { type }));
    }
  });
}

/** The node after the events, one second apart from 10,000 on. */
function after(types: readonly EventType[], fields: Partial<NodeRecord> = {}): NodeRecord {
  return types.reduce(
    (node, type, index) => transition(node, events[type], 10_000 + 1_000 * index),
    nodeRecord({ id: 7, ...fields }),
  );
}

const toReady: readonly EventType[] = [
  "sending",
  "accepted",
  "active",
  "floating-ip",
  "addressed",
  "logged-in",
];

Deno.test("a node's whole life leaves the time of each phase and what was found on the way", () => {
  const node = after([...toReady, "taken", "delete", "deleting", "delete-accepted", "server-gone"]);
  assert.deepEqual(node.state, { phase: "delete-address" });
  assert.deepEqual(node.timings, {
    "create": 1_000,
    "boot": 11_000,
    "address": 12_000,
    "login": 14_000,
    "ready": 15_000,
    "used": 16_000,
    "delete-server": 17_000,
    "delete-address": 20_000,
  });
  assert.deepEqual([node.stateSince, node.phaseSince], [17_000, 20_000]);
  assert.deepEqual([node.job, node.requestId, node.result, node.comment], [
    "gate-unit",
    4,
    "used",
    "its job is over",
  ]);
  assert.deepEqual(node.hostKeys, ["ssh-ed25519 AAAA"]);
  assert.deepEqual(node.floatingIp, events["floating-ip"].floatingIp);
});

Deno.test("stateSince stays while only the phase changes", () => {
  const node = after(["sending", "accepted", "active"], { stateSince: 3 });
  assert.deepEqual([node.stateSince, node.phaseSince], [3, 12_000]);
});

Deno.test("a server is asked for once: sending again is illegal, also when the answer is lost", () => {
  assert.throws(() => after(["sending", "sending"]), IllegalTransitionError);
  assert.throws(() => after(["sending", "answer-lost", "sending"]), IllegalTransitionError);
});

Deno.test("a lost answer keeps the time of sending, and the server can still be adopted", () => {
  const lost = after(["sending", "answer-lost"]);
  assert.deepEqual(lost.state, { phase: "create", sentAt: 10_000, lostAt: 11_000 });
  assert.equal(lost.evidence, evidence);
  assert.deepEqual(after(["sending", "answer-lost", "accepted"]).state, { phase: "boot", serverId: "s1" });
});

Deno.test("a refused request leaves a node to be deleted that has no server, with the cloud's words", () => {
  const node = after(["sending", "refused"]);
  assert.deepEqual(node.state, {
    phase: "delete-server",
    serverId: null,
    lostAt: null,
    askedAt: null,
    acceptedAt: null,
  });
  assert.deepEqual([node.comment, node.result, node.evidence], ["no route", "failed", evidence]);
  assert.equal(mayHaveUnknownServer(node), false);
});

for (const mark of ["hold", "delete"] as const) {
  Deno.test(`a node marked by ${mark} while its server is asked for may have one until the answer tells`, () => {
    assert.equal(mayHaveUnknownServer(after([mark])), false, "never asked for");
    assert.equal(mayHaveUnknownServer(after(["sending", mark])), true);
    assert.equal(mayHaveUnknownServer(after(["sending", "answer-lost", mark])), true);
    assert.equal(mayHaveUnknownServer(after(["sending", mark, "answer-lost"])), true);
    assert.equal(mayHaveUnknownServer(after(["sending", mark, "refused"])), false);
    const known = after(["sending", mark, "accepted"]);
    assert.deepEqual([serverIdOf(known), mayHaveUnknownServer(known)], ["s1", false]);
    assert.equal(stateName(known), mark, "the answer does not take the mark away");
  });
}

for (const mark of ["hold", "delete"] as const) {
  Deno.test(`a node marked by ${mark} never takes a second server in place of the one that it has`, () => {
    const node = after(["sending", mark, "accepted"]);
    const second = { type: "accepted", serverId: "s2" } as const;
    assert.throws(() => transition(node, second, 99_000), IllegalTransitionError);
  });
}

Deno.test("a floating IP that is answered for late is kept in every phase but create and boot", () => {
  const late = { type: "floating-ip", floatingIp: { id: "f9", address: "203.0.113.9" } } as const;
  for (const { state } of Object.values(situations)) {
    if (state.phase === "create" || state.phase === "boot") continue;
    const node = transition(nodeRecord({ id: 7, state }), late, 99_000);
    assert.deepEqual([node.floatingIp, node.state], [late.floatingIp, state], state.phase);
  }
});

Deno.test("a held node that is deleted, and a deleted one that is held in time, keep what they know", () => {
  assert.deepEqual(after(["sending", "hold", "delete"]).state, {
    phase: "delete-server",
    serverId: null,
    lostAt: 10_000,
    askedAt: null,
    acceptedAt: null,
  });
  const kept = after([...toReady, "delete", "hold"]);
  assert.deepEqual(kept.state, { phase: "hold", serverId: "s1", lostAt: null });
  assert.deepEqual([kept.hold, kept.comment, kept.result], [hold, "look at it", null]);
});

Deno.test("a node cannot be held any more once the cloud was asked to delete its server", () => {
  assert.throws(() => after([...toReady, "delete", "deleting", "hold"]), IllegalTransitionError);
});

Deno.test("marking for deletion twice changes nothing of the first mark", () => {
  const first = after([...toReady, "delete", "deleting"]);
  const second = transition(first, { type: "delete", by: "user", comment: "again", result: "lost" }, 99_000);
  assert.deepEqual(second, first);
});

Deno.test("the first request to delete counts, the last acceptance does", () => {
  const node = after([...toReady, "delete", "deleting", "delete-accepted", "deleting", "delete-accepted"]);
  assert.deepEqual(node.state, {
    phase: "delete-server",
    serverId: "s1",
    lostAt: null,
    askedAt: 17_000,
    acceptedAt: 20_000,
  });
});

Deno.test("waiting for the same reason began when it began first, for another one now", () => {
  const node = after(["waiting", "postponed"]);
  assert.deepEqual(node.waitingOn, { ...waitingOn, since: 10_000 });
  assert.deepEqual([node.retryAt, node.attempt], [9_000, 1]);
  const other = transition(
    node,
    { type: "waiting", waitingOn: { reason: "image", message: "none" } },
    50_000,
  );
  assert.deepEqual(other.waitingOn, { reason: "image", message: "none", since: 50_000 });
});

Deno.test("a new phase begins without attempts, pauses and reasons of the old one", () => {
  const node = after(["sending", "postponed", "accepted"]);
  assert.deepEqual([node.attempt, node.retryAt, node.waitingOn], [0, null, null]);
});

/** Any event, with a server id of its own where it carries one. */
const arbitraryEvent = fc.constantFrom(...eventTypes).map((type) => events[type]);

const arbitraryLife = fc.array(
  fc.record({ event: arbitraryEvent, passed: fc.nat({ max: 60_000 }) }),
  { maxLength: 30 },
);

/** Every legal step of a life from the beginning, skipping what is illegal. */
function steps(life: readonly { event: NodeEvent; passed: number }[]) {
  const taken: { before: NodeRecord; event: NodeEvent; after: NodeRecord; now: number }[] = [];
  let [node, now] = [nodeRecord({ id: 7, timings: { create: 1_000 } }), 1_000];
  for (const { event, passed } of life) {
    now += passed;
    try {
      const next = transition(node, event, now);
      taken.push({ before: node, event, after: next, now });
      node = next;
    } catch (error) {
      assert.ok(error instanceof IllegalTransitionError);
    }
  }
  return taken;
}

function property(title: string, check: (step: ReturnType<typeof steps>[number]) => void): void {
  Deno.test(`in every life of a node ${title}`, () => {
    fc.assert(fc.property(arbitraryLife, (life) => steps(life).forEach(check)), { numRuns: 500 });
  });
}

property(
  "its server is never forgotten before the cloud claims to be gone",
  ({ before, event, after }) => {
    if (serverIdOf(before) === null || event.type === "server-gone") return;
    assert.equal(serverIdOf(after), serverIdOf(before));
  },
);

property(
  "a server that may exist is not forgotten without an answer or a listing",
  ({ before, event, after }) => {
    if (!mayHaveUnknownServer(before)) return;
    const told = ["accepted", "refused", "server-gone"].includes(event.type);
    assert.ok(told || mayHaveUnknownServer(after), event.type);
  },
);

property("its floating IP is never forgotten", ({ before, after }) => {
  if (before.floatingIp !== null) assert.notEqual(after.floatingIp, null);
});

property("identity and origin stay", ({ before, after }) => {
  const identity = (
    node: NodeRecord,
  ) => [node.id, node.provider, node.label, node.hostname, node.imageId, node.revision];
  assert.deepEqual(identity(after), identity(before));
});

property("times never go back and each phase has the one of its first entry", ({ before, after, now }) => {
  assert.ok(after.phaseSince >= before.phaseSince && after.stateSince >= before.stateSince);
  assert.ok(after.phaseSince <= now && after.stateSince <= after.phaseSince);
  const { phase } = after.state;
  assert.deepEqual(after.timings, { [phase]: now, ...before.timings });
});

property("nothing but a hold leads back from its deletion", ({ before, event, after }) => {
  if (stateName(before) === "delete" && event.type !== "hold") assert.equal(stateName(after), "delete");
});

Deno.test("transition() leaves the record that it is given as it is", () => {
  fc.assert(fc.property(arbitraryState, arbitraryEvent, (state, event) => {
    const node = nodeRecord({ id: 7, state });
    const copy = structuredClone(node);
    try {
      transition(node, event, 77);
    } catch (error) {
      assert.ok(error instanceof IllegalTransitionError);
    }
    assert.deepEqual(node, copy);
  }));
});

Deno.test("IllegalTransitionError names the node, the event and the phase", () => {
  const state = { phase: "ready", serverId: "s" } as const;
  assert.equal(
    new IllegalTransitionError("node", nodeRecord({ id: 812, state }), { type: "active" }).message,
    "node 812: event active is not possible in phase ready",
  );
});

Deno.test("after a login, and after its preparation, a server goes on as is said", () => {
  const login = nodeRecord({ id: 7, state: { phase: "login", serverId: "s1", activeAt: 5 } });
  for (const next of ["prepare", "assign", "ready"] as const) {
    const state = transition(login, { type: "logged-in", hostKey: "k", next }, 9).state;
    assert.deepEqual(state, { phase: next, serverId: "s1" });
  }
  const prepared = nodeRecord({ id: 7, state: { phase: "prepare", serverId: "s1" } });
  for (const next of ["assign", "ready"] as const) {
    const state = transition(prepared, { type: "prepared", next }, 9).state;
    assert.deepEqual(state, { phase: next, serverId: "s1" });
  }
});

Deno.test("a node that its target may know of is taken off it before its server is deleted", () => {
  const used = nodeRecord({ id: 7, state: { phase: "used", serverId: "s1" }, assignedAt: 5 });
  const leaving = transition(used, events["delete"], 9);
  assert.deepEqual([leaving.state, stateName(leaving)], [{ phase: "unassign", serverId: "s1" }, "delete"]);
  assert.equal(transition(leaving, events["unassigned"], 10).state.phase, "delete-server");
});

Deno.test("a node that its target may have given a job is to be asked for, unless who deletes it means the job too", () => {
  const ready = nodeRecord({ id: 7, state: { phase: "ready", serverId: "s1" }, assignedAt: 5 });
  const deletion = { type: "delete", comment: "over", result: "unused" } as const;
  const unsure = (node: NodeRecord, event: Pick<NodeEvent & { type: "delete" }, "by" | "sparesJobs">) => {
    const { state } = transition(node, { ...deletion, ...event }, 9);
    return state.phase === "unassign" && state.mayRunJob === true;
  };
  for (const by of ["check", "cloud", "limit", "configuration"] as const) {
    assert.ok(unsure(ready, { by }), by);
  }
  for (const by of ["user", "job", "client"] as const) assert.ok(!unsure(ready, { by }), by);
  assert.ok(unsure(ready, { by: "user", sparesJobs: true }));
  assert.ok(
    !unsure({ ...ready, timings: { used: 6 } }, { by: "limit" }),
    "it was known what it was used for",
  );
  assert.ok(!unsure({ ...ready, assignedAt: null }, { by: "check" }), "no target knows of it");
  const test = {
    ...ready,
    state: { phase: "test", serverId: "s1", startedAt: 6 },
    timings: { test: 6 },
  } as const;
  assert.ok(!unsure(test, { by: "limit" }), "only its test can run on it");
  const passed = { ...test, jobEnd: { at: 7, result: "SUCCESS" } };
  assert.ok(unsure(passed, { by: "limit" }), "it may have its label already");
});

Deno.test("a node whose job's end was reported is to be asked for, where its target may have given it another by then", () => {
  const used = nodeRecord({
    id: 7,
    state: { phase: "used", serverId: "s1" },
    assignedAt: 5,
    timings: { used: 6 },
  });
  const end = { type: "delete", by: "job", comment: "over", result: "used" } as const;
  const unsure = (events: readonly NodeEvent[], last: NodeEvent = { ...end, sparesJobs: true }) => {
    const { state } = transition(events.reduce((node, event) => transition(node, event, 8), used), last, 9);
    return state.phase === "unassign" && state.mayRunJob === true;
  };
  const [ended, closed] = [events["job-ended"], events["closed"]];
  assert.ok(unsure([ended]), "it was not closed");
  assert.ok(unsure([ended, closed]), "it was closed after the end");
  assert.ok(!unsure([closed, ended]), "it was closed before");
  assert.ok(!unsure([ended], end), "somebody has released it");
  assert.ok(unsure([closed, ended, events["hold"]]), "it was held since");
});

Deno.test("a job that is told of late is not ended by the one before it", () => {
  const state = { phase: "unassign", serverId: "s1", mayRunJob: true } as const;
  const ended = nodeRecord({ id: 7, state, jobEnd: { at: 3, result: "SUCCESS" } });
  assert.equal(transition(ended, events["taken"], 9).jobEnd, null);
});

Deno.test("who deletes a node that waits for its job means the job too, and is not kept waiting", () => {
  const state = { phase: "unassign", serverId: "s1", mayRunJob: true } as const;
  const waiting = nodeRecord({ id: 7, state, deletedBy: "check", retryAt: 60_000, attempt: 5 });
  const deletion = { type: "delete", comment: "again", result: "unused" } as const;
  assert.equal(transition(waiting, { ...deletion, by: "limit" }, 9).state, state);
  assert.equal(transition(waiting, { ...deletion, by: "user", sparesJobs: true }, 9).state, state);
  const meant = transition(waiting, { ...deletion, by: "user" }, 9);
  assert.deepEqual([meant.state, meant.deletedBy, meant.retryAt], [
    { phase: "unassign", serverId: "s1" },
    "user",
    null,
  ]);
});

Deno.test("of several ends of a job the first counts, and the test's end is forgotten", () => {
  const used = nodeRecord({ id: 7, state: { phase: "used", serverId: "s1" } });
  const ended = transition(used, { type: "job-ended", result: "FAILURE" }, 9);
  assert.deepEqual(transition(ended, { type: "job-ended", result: "SUCCESS" }, 10).jobEnd, {
    at: 9,
    result: "FAILURE",
  });
  const tested = nodeRecord({
    id: 7,
    state: { phase: "test", serverId: "s1", startedAt: 5 },
    jobEnd: { at: 9, result: "SUCCESS" },
  });
  assert.equal(transition(tested, { type: "tested" }, 10).jobEnd, null);
});

Deno.test("deleting what is being deleted changes nothing, in whatever phase of it", () => {
  const event = { type: "delete", by: "user", comment: "again", result: "failed" } as const;
  const deleting: readonly NodeState[] = [
    { phase: "unassign", serverId: "s1" },
    { phase: "delete-server", serverId: "s1", lostAt: null, askedAt: 5, acceptedAt: 6 },
    { phase: "delete-address" },
  ];
  for (const state of deleting) {
    const before = nodeRecord({ id: 7, state, comment: "the first", result: "used", assignedAt: 5 });
    const after = transition(before, event, 9);
    assert.deepEqual([after.state, after.comment, after.result], [state, "the first", "used"], state.phase);
  }
});

Deno.test("a node that was given to a target and knows no server is deleted without being taken off", () => {
  const before = nodeRecord({ id: 7, state: { phase: "hold", serverId: null, lostAt: 4 }, assignedAt: 5 });
  const after = transition(before, { type: "delete", by: "user", comment: "over", result: "used" }, 9);
  assert.equal(after.state.phase, "delete-server");
});

Deno.test("no series of events leads from a server that has been asked for back to asking for one", () => {
  fc.assert(fc.property(fc.array(fc.constantFrom(...eventTypes), { maxLength: 40 }), (series) => {
    let node = nodeRecord({ id: 7, state: { phase: "create", sentAt: 5, lostAt: null } });
    for (const type of series) {
      try {
        node = transition(node, events[type], 10);
      } catch (error) {
        if (!(error instanceof IllegalTransitionError)) throw error;
      }
      assert.ok(node.state.phase !== "create" || node.state.sentAt === 5, type);
    }
  }));
});
