/** The ladders of a node that is ready, in use, held or at its end, rung by rung. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Config } from "../../src/domain/config.ts";
import { transition } from "../../src/domain/node_transition.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { LISTING_SETTLE, type NodeStep } from "../../src/plan/node_step.ts";
import { deletePause, planDeleteAddress, planDeleteServer } from "../../src/plan/phases/delete.ts";
import { planHold } from "../../src/plan/phases/hold.ts";
import { planReady } from "../../src/plan/phases/ready.ts";
import { planUsed } from "../../src/plan/phases/used.ts";
import { sampleConfig } from "../views/sample_pool.ts";
import {
  actionOf,
  config,
  inventory,
  label,
  missing,
  NOW,
  provider,
  seen,
  server,
  situation,
  states,
  without,
} from "./plan_fixtures.ts";

function removed(step: NodeStep) {
  assert.ok(step.do === "change" && step.event.type === "delete", JSON.stringify(step));
  return step.event;
}

function waiting(step: NodeStep) {
  assert.equal(step.do, "wait", JSON.stringify(step));
  return step as NodeStep & { do: "wait" };
}

const gone = without("s7");
const withStatus = (status: string) => seen({ servers: [server("s7", { status })] });

/** Listed again and again without the server, or with one of which the cloud cannot tell more than its id. */
const unseen = [seen(), withStatus("UNKNOWN")];

Deno.test("ready: a node whose server and label are there stays, also while listings leave it out", () => {
  for (const cloud of [seen({ servers: [server("s7")] }), ...unseen]) {
    assert.deepEqual(planReady(situation(states.ready, { seen: cloud })), { do: "stay" });
  }
});

Deno.test("ready: a node whose server is gone, in ERROR or unusable is lost", () => {
  assert.equal(removed(planReady(situation(states.ready, { seen: gone }))).result, "lost");
  for (
    const status of [
      "ERROR",
      "SHUTOFF",
      "SUSPENDED",
      "PAUSED",
      "SHELVED",
      "SHELVED_OFFLOADED",
      "RESCUE",
      "REBUILD",
    ]
  ) {
    const event = removed(planReady(situation(states.ready, { seen: withStatus(status) })));
    assert.equal(event.result, "lost");
    assert.match(event.comment, new RegExp(status));
  }
});

Deno.test("ready: a node whose server somebody is deleting is lost; other work on a server costs no node", () => {
  const withTask = (taskState: string) => seen({ servers: [server("s7", { taskState })] });
  for (const task of ["deleting", "soft-deleting"]) {
    const event = removed(planReady(situation(states.ready, { seen: withTask(task) })));
    assert.deepEqual([event.result, event.comment], ["lost", "server s7 is being deleted on the cloud"]);
  }
  for (const task of ["image_snapshot", "rebooting", "migrating"]) {
    assert.deepEqual(planReady(situation(states.ready, { seen: withTask(task) })), { do: "stay" });
  }
});

Deno.test("used and hold: a node whose server somebody is deleting is left to whoever works on it", () => {
  const cloud = seen({ servers: [server("s7", { taskState: "deleting" })] });
  assert.equal(planUsed(situation(states.used, { seen: cloud })).do, "stay");
  assert.equal(planHold(situation(states.hold, { seen: cloud })).do, "stay");
});

Deno.test("ready: a status that passes by itself costs no node", () => {
  for (const status of ["REBOOT", "HARD_REBOOT", "RESIZE", "VERIFY_RESIZE", "UNKNOWN", "MIGRATING"]) {
    assert.deepEqual(planReady(situation(states.ready, { seen: withStatus(status) })), { do: "stay" });
  }
});

Deno.test("ready: a node of a label that is no longer configured goes unused", () => {
  const event = removed(planReady(situation(states.ready, { config: config({ labels: [] }) })));
  assert.deepEqual([event.result, event.comment], [
    "unused",
    "the configuration no longer has label noble",
  ]);
});

Deno.test("ready: a node with fewer subnodes than its label has now goes unused", () => {
  const fits = config({ labels: [label({ subnodes: 0 })] });
  const more = config({ labels: [label({ subnodes: 2 })] });
  assert.deepEqual(planReady(situation(states.ready, { config: fits })), { do: "stay" });
  const event = removed(planReady(situation(states.ready, { config: more })));
  assert.deepEqual([event.by, event.result, event.comment], [
    "configuration",
    "unused",
    "it has 0 of the 2 subnodes that label noble now has",
  ]);
});

Deno.test("ready: a node of a label that is gone goes, once no job can be running on it that its target has not reported", () => {
  const without = config({ labels: [] });
  for (const [assignedAt, next] of [[NOW - HOUR, "unassign"], [null, "delete-server"]] as const) {
    const at = situation(states.ready, { config: without, fields: { assignedAt } });
    const event = removed(planReady(at));
    assert.deepEqual([event.by, event.comment], [
      "configuration",
      "the configuration no longer has label noble",
    ]);
    const { state } = transition(at.node, event, NOW);
    assert.deepEqual([state.phase, "mayRunJob" in state], [next, assignedAt !== null]);
  }
});

Deno.test("ready: a node to which no work can come as the targets are now goes unused", () => {
  const target = (name: string, assignViaGearman: boolean) => ({
    ...sampleConfig().targets[0]!,
    name,
    assignViaGearman,
    jenkins: null,
  });
  const [plain, taking] = [(name: string) => target(name, false), (name: string) => target(name, true)];
  const why = (targets: Config["targets"], assignedAt: number | null) => {
    const step = planReady(situation(states.ready, { config: config({ targets }), fields: { assignedAt } }));
    return step.do === "stay" ? null : removed(step).comment;
  };
  const gone = "the configuration no longer has target default";
  for (
    const [targets, unassigned, assigned] of [
      [[], null, gone],
      [[plain("other")], null, gone],
      [[taking("other")], gone, gone],
      [[plain("default")], null, "target default no longer takes nodes"],
      [[plain("default"), taking("other")], null, "target default no longer takes nodes"],
      [[taking("default")], "it was ready before target default took nodes", null],
    ] as const
  ) {
    assert.deepEqual([why(targets, null), why(targets, NOW - HOUR)], [unassigned, assigned]);
  }
});

Deno.test("used: a node is kept in use for node-stuck, then deleted", () => {
  const at = situation(states.used);
  const end = at.node.stateSince + 8 * HOUR;
  assert.deepEqual(planUsed(at), { do: "stay", until: end });
  const event = removed(planUsed({ ...at, now: end }));
  assert.deepEqual([event.result, event.comment], ["used", "used for more than 8h"]);
});

Deno.test("used: a node whose server is gone is lost, one in trouble is left to whoever works on it", () => {
  assert.equal(removed(planUsed(situation(states.used, { seen: gone }))).result, "lost");
  for (const status of ["ERROR", "SHUTOFF", "REBOOT"]) {
    assert.equal(planUsed(situation(states.used, { seen: withStatus(status) })).do, "stay");
  }
});

Deno.test("used: a node stays while nothing can be said of its server", () => {
  for (const cloud of unseen) assert.equal(planUsed(situation(states.used, { seen: cloud })).do, "stay");
});

Deno.test("hold: a node is kept, even when its server is in trouble or gone", () => {
  for (const cloud of [seen({ servers: [server("s7")] }), withStatus("ERROR"), ...unseen]) {
    assert.deepEqual(planHold(situation(states.hold, { seen: cloud })), { do: "stay" });
  }
  assert.equal(planHold(situation(states.hold, { seen: gone })).do, "wait");
});

Deno.test("hold: a node whose server is proven gone says so, and its hold ends when it would have", () => {
  const told = { do: "wait", reason: "gone", message: "server s7 is no longer on the cloud" };
  assert.deepEqual(planHold(situation(states.hold, { seen: gone })), told);
  const fields = { hold: { reason: null, owner: null, until: NOW + HOUR } };
  assert.deepEqual(planHold(situation(states.hold, { seen: gone, fields })), { ...told, until: NOW + HOUR });
  const expired = planHold(situation(states.hold, { seen: gone, fields, now: NOW + HOUR }));
  assert.equal(removed(expired).comment, "the hold has expired");
});

Deno.test("hold: its own end or hold-max-age, whichever is first, ends it", () => {
  const held = (until: number | null, holdMaxAge: number | null, now: number) =>
    planHold(situation(states.hold, {
      now,
      fields: { hold: { reason: null, owner: null, until } },
      config: config({ limits: { ...config().limits, holdMaxAge } }),
    }));
  const since = NOW - MINUTE;
  assert.deepEqual(held(NOW + HOUR, null, NOW), { do: "stay", until: NOW + HOUR });
  assert.deepEqual(held(NOW + HOUR, 10 * MINUTE, NOW), { do: "stay", until: since + 10 * MINUTE });
  assert.equal(removed(held(NOW + HOUR, null, NOW + HOUR)).comment, "the hold has expired");
  assert.equal(removed(held(null, HOUR, since + HOUR)).comment, "the hold has expired");
  assert.deepEqual(held(null, null, NOW + 1000 * HOUR), { do: "stay" });
});

/** Clouds whose listings may leave out the very server that is looked for. */
const leavingOut = [
  seen({ missing }),
  seen({ inventory: inventory([], NOW) }),
  seen({ servers: [server("down", { name: "", metadata: {}, status: "UNKNOWN" })] }),
];

const othersOnly = seen({ servers: [server("other", { nodeId: 8 })] });

const heldEarly = { phase: "hold", serverId: null, lostAt: NOW - MINUTE } as const;

Deno.test("hold: a server that turns up for a node held without one is its own", () => {
  const step = planHold(situation(heldEarly));
  assert.deepEqual(step, { do: "change", event: { type: "accepted", serverId: "s7" } });
});

Deno.test("hold: a node held without a server stays while one may still turn up", () => {
  for (const cloud of leavingOut) {
    assert.deepEqual(planHold(situation(heldEarly, { seen: cloud })), { do: "stay" });
  }
  assert.deepEqual(planHold(situation(heldEarly, { seen: gone, creating: true })), { do: "stay" });
  assert.deepEqual(planHold(situation(heldEarly, { creating: true })), { do: "stay" });
  const recent = { ...heldEarly, lostAt: NOW - LISTING_SETTLE + 1 };
  assert.deepEqual(planHold(situation(recent, { seen: gone })), { do: "stay" });
});

Deno.test("hold: a node held without a server ends once it is certain that none came to be", () => {
  assert.equal(removed(planHold(situation(heldEarly, { seen: othersOnly }))).result, "failed");
  assert.equal(
    removed(planHold(situation({ ...heldEarly, lostAt: null }, { seen: gone }))).result,
    "failed",
  );
});

const deleting = states["delete-server"];

Deno.test("delete-server: the cloud is asked to delete the server", () => {
  const at = situation(deleting);
  assert.deepEqual(planDeleteServer(at), {
    do: "act",
    action: { type: "delete-server", node: at.node, serverId: "s7" },
  });
});

Deno.test("delete-server: a failed attempt is repeated after its pause", () => {
  const waitingOn = { reason: "delete", message: "conflict", since: NOW } as const;
  const at = situation(deleting, { fields: { retryAt: NOW + SECOND, waitingOn } });
  assert.deepEqual(waiting(planDeleteServer(at)), {
    do: "wait",
    reason: "delete",
    message: "conflict",
    until: NOW + SECOND,
  });
  assert.equal(actionOf(planDeleteServer({ ...at, now: NOW + SECOND })), "delete-server");
});

Deno.test("delete-server: what the cloud has accepted is waited for, and asked for again after delete-timeout", () => {
  const acceptedAt = NOW - MINUTE;
  const at = situation({ ...deleting, askedAt: acceptedAt, acceptedAt });
  const again = acceptedAt + provider().deleteTimeout;
  assert.deepEqual(waiting(planDeleteServer(at)).until, again);
  assert.equal(actionOf(planDeleteServer({ ...at, now: again })), "delete-server");
});

Deno.test("delete-server: a deletion that gets stuck is asked for ever more seldom, at least each hour", () => {
  const pauseAfter = (soFar: number) => {
    const at = situation({ ...deleting, askedAt: NOW - soFar, acceptedAt: NOW });
    return waiting(planDeleteServer(at)).until! - NOW;
  };
  assert.equal(pauseAfter(MINUTE), 10 * MINUTE);
  assert.equal(pauseAfter(30 * MINUTE), 30 * MINUTE);
  assert.equal(pauseAfter(24 * HOUR), HOUR);
});

Deno.test("delete-server: a server is gone when the cloud says so, and is not deleted then", () => {
  const acceptedAt = NOW - 30 * SECOND;
  for (const state of [deleting, { ...deleting, askedAt: acceptedAt, acceptedAt }]) {
    const step = planDeleteServer(situation(state, { seen: gone }));
    assert.deepEqual(step, { do: "change", event: { type: "server-gone" } });
  }
});

Deno.test("delete-server: nothing is gone by being missing from listings", () => {
  const acceptedAt = NOW - 2 * MINUTE;
  const accepted = situation({ ...deleting, askedAt: acceptedAt, acceptedAt }, { seen: seen() });
  assert.equal(planDeleteServer(accepted).do, "wait");
  assert.equal(actionOf(planDeleteServer(situation(deleting, { seen: seen() }))), "delete-server");
});

const unknown = { ...deleting, serverId: null, lostAt: NOW - MINUTE };

Deno.test("delete-server: a server that a lost answer was about is found and then deleted", () => {
  assert.deepEqual(planDeleteServer(situation(unknown)), {
    do: "change",
    event: { type: "accepted", serverId: "s7" },
  });
});

Deno.test("delete-server: a request under way and a listing that is too old keep the node", () => {
  const at = situation(unknown, { seen: gone, creating: true });
  assert.equal(waiting(planDeleteServer(at)).reason, "answer");
  const recent = situation({ ...unknown, lostAt: NOW - LISTING_SETTLE + 1 }, { seen: gone });
  assert.equal(waiting(planDeleteServer(recent)).reason, "listing");
  for (const cloud of leavingOut) {
    assert.equal(waiting(planDeleteServer(situation(unknown, { seen: cloud }))).reason, "listing");
  }
});

Deno.test("delete-server: a node that never had a server is done with at once", () => {
  for (const lostAt of [null, NOW - MINUTE]) {
    const step = planDeleteServer(situation({ ...unknown, lostAt }, { seen: othersOnly }));
    assert.deepEqual(step, { do: "change", event: { type: "server-gone" } });
  }
});

Deno.test("delete-server: the pauses between failed attempts grow, up to five minutes", () => {
  assert.equal(deletePause({ attempt: 0 }), 2_000);
  fc.assert(fc.property(fc.nat(2_000), (attempt) => {
    assert.ok(deletePause({ attempt }) <= deletePause({ attempt: attempt + 1 }));
    assert.ok(deletePause({ attempt }) <= 5 * MINUTE);
  }));
});

Deno.test("delete-address: a node without a floating IP has ended", () => {
  assert.deepEqual(planDeleteAddress(situation(states["delete-address"])), { do: "end" });
});

Deno.test("delete-address: the floating IP that was made for the node is deleted before it ends", () => {
  const fields = { floatingIp: { id: "f7", address: "203.0.113.7" } };
  const at = situation(states["delete-address"], { fields });
  assert.deepEqual(planDeleteAddress(at), {
    do: "act",
    action: { type: "delete-floating-ip", node: at.node, floatingIpId: "f7" },
  });
  const later = situation(states["delete-address"], { fields: { ...fields, retryAt: NOW + SECOND } });
  assert.equal(waiting(planDeleteAddress(later)).until, NOW + SECOND);
  assert.equal(actionOf(planDeleteAddress({ ...later, now: NOW + SECOND })), "delete-floating-ip");
});

Deno.test("delete-address: a node whose floating IP somebody has moved ends without it", () => {
  const floatingIp = { id: "f7", address: "203.0.113.7", portId: "p7", isMoved: true };
  assert.deepEqual(planDeleteAddress(situation(states["delete-address"], { fields: { floatingIp } })), {
    do: "end",
  });
});
