import assert from "node:assert/strict";
import type { Evidence, NodeRecord, NodeResult, NodeState } from "../../src/domain/node.ts";
import { type NodeEvent, transition } from "../../src/domain/node_transition.ts";
import type { Happening } from "../../src/metrics/happening.ts";
import { nodeHappenings } from "../../src/metrics/record_happenings.ts";
import { statsdLines } from "../../src/metrics/statsd_metrics.ts";
import { nodeRecord } from "../store/records.ts";

/** Decided on at 1 s. */
const NODE = nodeRecord({ id: 12, provider: "rax-ord", image: "trusty", target: "ci", zone: null });
const LOGIN: NodeState = { phase: "login", serverId: "s", activeAt: 30_000 };
const DELETING: NodeState = {
  phase: "delete-server",
  serverId: "s",
  lostAt: null,
  askedAt: null,
  acceptedAt: null,
};

const launchHappenings = (previous: NodeRecord | null, next: NodeRecord | null) =>
  nodeHappenings(previous, next, { now: 0 });

const counted = (happenings: readonly Happening[]) =>
  happenings.flatMap(statsdLines).filter(({ type }) => type === "count").map(({ name }) => name);

function evidence(kind: string): Evidence {
  return { at: 40_000, error: "it failed", kind, requestId: null, fault: null, console: null };
}

Deno.test("nodeHappenings() of a node that became ready: a timing and a count for each of 2016's names", () => {
  const previous = { ...NODE, state: LOGIN };
  const next = transition(previous, { type: "logged-in", hostKey: "k v", next: "ready" }, 43_000);
  const names = [
    "nodepool.launch.provider.rax-ord.ready",
    "nodepool.launch.image.trusty.ready",
    "nodepool.launch.target.ci.ready",
    "nodepool.launch.ready",
  ];
  assert.deepEqual(
    launchHappenings(previous, next).flatMap(statsdLines),
    names.flatMap((name) => [{ type: "timing", name, value: 42_000 }, { type: "count", name, value: 1 }]),
  );
});

Deno.test("nodeHappenings() names the zone where there is one, and the manager instead of the target", () => {
  const previous = { ...NODE, state: LOGIN, zone: "az.1", manager: "jenkins01" };
  const next = { ...previous, state: { phase: "ready", serverId: "s" } as const, stateSince: 43_000 };
  assert.deepEqual(counted(launchHappenings(previous, next)), [
    "nodepool.launch.provider.rax-ord.ready",
    "nodepool.launch.provider.rax-ord.az_1.ready",
    "nodepool.launch.image.trusty.ready",
    "nodepool.launch.manager.jenkins01.ready",
    "nodepool.launch.ready",
  ]);
});

for (
  const [kind, result] of [
    ["nodepool", "nodepool"],
    ["status", "status"],
    ["vanished", "status"],
    ["network", "network"],
    ["ipadd", "ipadd"],
    ["auth", "auth"],
    ["ssh", "ssh"],
    ["quota", "quota"],
    ["capacity", "capacity"],
    ["timeout", "timeout"],
    ["unknown", "unknown"],
    ["unauthorized", "unknown"],
    ["unavailable", "unknown"],
    ["badResponse", "unknown"],
    ["toString", "unknown"],
  ]
) {
  Deno.test(`nodeHappenings() of a launch that failed with ${kind} counts error.${result}`, () => {
    const previous = { ...NODE, state: LOGIN };
    const event = {
      type: "delete",
      by: "user",
      comment: "c",
      result: "failed",
      evidence: evidence(kind!),
    } as const;
    const happenings = launchHappenings(previous, transition(previous, event, 61_000));
    assert.deepEqual(counted(happenings), [
      `nodepool.launch.provider.rax-ord.error.${result}`,
      `nodepool.launch.image.trusty.error.${result}`,
      `nodepool.launch.target.ci.error.${result}`,
      `nodepool.launch.error.${result}`,
    ]);
    assert.ok(happenings.every(({ kind, value }) => kind === "duration" && value === 60_000));
  });
}

Deno.test("nodeHappenings() counts a refused request, and one that came to nothing by what is known of it", () => {
  const refused = transition(
    NODE,
    { type: "refused", result: "refused", evidence: evidence("quota") },
    2_000,
  );
  assert.ok(counted(launchHappenings(NODE, refused)).includes("nodepool.launch.error.quota"));
  const nothing = transition(NODE, { type: "delete", by: "user", comment: "c", result: "failed" }, 2_000);
  assert.ok(counted(launchHappenings(NODE, nothing)).includes("nodepool.launch.error.unknown"));
});

Deno.test("nodeHappenings() counts a launch once: no other change of a node's life says anything, but for its end", () => {
  const events: readonly NodeEvent[] = [
    { type: "sending" },
    { type: "accepted", serverId: "s" },
    { type: "active" },
    { type: "addressed", addresses: { login: "a", publicV4: null, publicV6: null, privateV4: null } },
    { type: "logged-in", hostKey: "k v", next: "ready" },
    { type: "evidence", evidence: evidence("ssh") },
    { type: "taken", job: "j", requestId: null },
    { type: "delete", by: "user", comment: "its use is over", result: "used" },
    { type: "deleting" },
    { type: "delete-accepted" },
    { type: "server-gone" },
  ];
  let node: NodeRecord = NODE;
  const happenings: Happening[] = [...launchHappenings(null, NODE)];
  for (const [index, event] of events.entries()) {
    const next = transition(node, event, 2_000 + index);
    happenings.push(...nodeHappenings(node, next, { now: 3_000 }));
    node = next;
  }
  assert.deepEqual(counted(nodeHappenings(node, null, { now: 3_000 })), [
    "nodepool.delete.trusty.rax-ord.ci",
  ]);
  assert.deepEqual(counted(happenings).filter((name) => name === "nodepool.launch.ready").length, 1);
  assert.equal(counted(happenings).length, 4);
});

for (const result of ["unused", "used", "lost"] as NodeResult[]) {
  Deno.test(`nodeHappenings() does not count a node that is deleted while building as ${result}`, () => {
    const previous = { ...NODE, state: LOGIN, evidence: evidence("ssh") };
    const next = transition(previous, { type: "delete", by: "user", comment: "by hand", result }, 2_000);
    assert.deepEqual(launchHappenings(previous, next), []);
  });
}

Deno.test("nodeHappenings() does not count a node that is held while building, nor its end", () => {
  const previous = { ...NODE, state: LOGIN };
  const held = transition(
    previous,
    { type: "hold", hold: { reason: null, owner: null, until: null } },
    2_000,
  );
  assert.deepEqual(launchHappenings(previous, held), []);
  const deleted = transition(held, { type: "delete", by: "user", comment: "c", result: "failed" }, 3_000);
  assert.deepEqual(launchHappenings(held, deleted), []);
});

Deno.test("nodeHappenings() of a node that is gone: since it began to be deleted", () => {
  const previous = { ...NODE, state: { phase: "delete-address" } as const, stateSince: 100_000 };
  const name = "nodepool.delete.trusty.rax-ord.ci";
  assert.deepEqual(nodeHappenings(previous, null, { now: 112_500 }).flatMap(statsdLines), [
    { type: "timing", name, value: 12_500 },
    { type: "count", name, value: 1 },
  ]);
});

Deno.test("nodeHappenings() says nothing of a node that is still there, or that ended without a server", () => {
  assert.deepEqual(
    nodeHappenings({ ...NODE, state: DELETING }, { ...NODE, state: DELETING }, { now: 1 }),
    [],
  );
  assert.deepEqual(nodeHappenings(NODE, null, { now: 1 }), []);
  assert.deepEqual(nodeHappenings(null, NODE, { now: 1 }), []);
});
