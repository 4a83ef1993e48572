import assert from "node:assert/strict";
import { eventsOf } from "../../src/domain/events/events_of.ts";
import type { NodeRecord } from "../../src/domain/node.ts";
import { type NodeEvent, transition } from "../../src/domain/node_transition.ts";
import { autoHold, launchPause, nodeRecord, nodeRequest } from "../store/records.ts";
import { everyDibImage, everyImage } from "../store/image_records.ts";

const NONE = { nodes: [], requests: [], dibImages: [], images: [], jobs: [], pauses: [] };

/** `kind: message` of what the changes of one node tell. */
function toldOf(steps: readonly (NodeRecord | null)[], now = 100_000): string[] {
  return steps.slice(1).flatMap((next, index) =>
    eventsOf({ ...NONE, nodes: [{ previous: steps[index]!, next }] }, now)
      .map(({ kind, message }) => `${kind}: ${message}`)
  );
}

function lifeOf(first: NodeRecord, ...events: readonly (readonly [NodeEvent, number])[]): NodeRecord[] {
  const life = [first];
  for (const [event, at] of events) life.push(transition(life.at(-1)!, event, at));
  return life;
}

const HOLD = { type: "hold", hold: { reason: "disk errors", owner: "maria", until: null } } as const;

Deno.test("a node tells of its launch, its readiness, its use, its deletion and its end, and of nothing in between", () => {
  const asked = { client: "maria", at: 50_000 };
  const life = lifeOf(
    nodeRecord({ id: 7 }),
    [{ type: "sending" }, 2_000],
    [{ type: "accepted", serverId: "s7" }, 3_000],
    [{ type: "active" }, 20_000],
    [
      {
        type: "addressed",
        addresses: { login: "10.0.0.7", publicV4: null, publicV6: null, privateV4: null },
      },
      21_000,
    ],
    [{ type: "logged-in", hostKey: "ssh-ed25519 AAAA", next: "ready" }, 43_000],
    [{ type: "taken", job: "unit-tests", requestId: 3, asked }, 54_000],
    [{ type: "delete", by: "job", comment: "released by unit-tests: SUCCESS", result: "used" }, 80_000],
  );
  assert.deepEqual(toldOf([null as never, ...life, null]), [
    "node.launching: node 7 will be launched on cloud-a: min-ready 3, have 1",
    "node.ready: node 7 is ready after 42s",
    "node.used: node 7 is in use for unit-tests by maria, 4s after request 3",
    "node.deleting: node 7 is being deleted: released by unit-tests: SUCCESS",
    "node.gone: node 7 is gone after 1m39s: used: released by unit-tests: SUCCESS",
  ]);
});

Deno.test("a node that fails tells why, and the kind of its failure as a label", () => {
  const evidence = {
    at: 1,
    error: "no login at 10.0.0.7",
    kind: "ssh",
    requestId: null,
    fault: null,
    console: null,
  };
  const doomed = transition(
    nodeRecord({ id: 7, state: { phase: "login", serverId: "s7", activeAt: 1 } }),
    { type: "delete", by: "failure", comment: "gave up", result: "failed", evidence },
    60_000,
  );
  const [event] = eventsOf({ ...NONE, nodes: [{ previous: nodeRecord({ id: 7 }), next: doomed }] }, 60_000);
  assert.deepEqual([event!.kind, event!.message, event!.labels.failure], [
    "node.failed",
    "node 7 failed: no login at 10.0.0.7",
    "ssh",
  ]);
});

Deno.test("a hold tells who began it and why, when its terms change, and when it ends", () => {
  const used = nodeRecord({ id: 7, state: { phase: "used", serverId: "s7" } });
  const longer = { type: "hold", hold: { ...HOLD.hold, until: 900_000 } } as const;
  const life = lifeOf(used, [HOLD, 2_000], [HOLD, 2_500], [longer, 3_000], [{ type: "unheld" }, 4_000]);
  assert.deepEqual(toldOf(life), [
    "hold.begun: node 7 is held by maria: disk errors",
    "hold.changed: node 7 is held on new terms by maria: disk errors",
    "hold.ended: node 7 is no longer held",
    "node.used: node 7 is in use",
  ]);
});

Deno.test("requests, jobs and pauses tell of their beginning, what became of them, and their end", () => {
  const request = nodeRequest({ id: 3, client: "maria", count: 2 });
  const granted = { ...request, nodes: [4, 5], grantedAt: 9_000 };
  const told = (change: Partial<Parameters<typeof eventsOf>[0]>) =>
    eventsOf({ ...NONE, ...change }, 9_000).map(({ kind, message }) => `${kind}: ${message}`);
  assert.deepEqual(told({ requests: [{ previous: null, next: request }] }), [
    "request.made: request 3 asks for 2 nodes of trusty for maria",
  ]);
  assert.deepEqual(told({ requests: [{ previous: request, next: granted }] }), [
    "request.granted: request 3 got nodes 4, 5 after 8s",
  ]);
  assert.deepEqual(told({ requests: [{ previous: granted, next: null }] }), []);
  assert.deepEqual(told({ requests: [{ previous: request, next: null }] }), [
    "request.withdrawn: request 3 for 2 nodes of trusty was withdrawn after 8s",
  ]);
  assert.deepEqual(told({ jobs: [{ previous: null, next: autoHold({ id: 1 }) }] }), [
    "job.created: nodes on which gate/unit fails are held, up to 2",
  ]);
  assert.deepEqual(told({ pauses: [{ previous: null, next: launchPause() }] }), [
    "provider.paused: cloud-a launches no trusty for 59s, after 1 failed: no valid host was found",
  ]);
  assert.deepEqual(told({ pauses: [{ previous: launchPause(), next: null }] }), [
    "provider.resumed: cloud-a launches trusty again",
  ]);
});

Deno.test("images tell of their making, of how it ended and of their end; a record that is forgotten later is no news", () => {
  const kinds = (change: Partial<Parameters<typeof eventsOf>[0]>) =>
    eventsOf({ ...NONE, ...change }, 9_000).map(({ kind, subject }) => `${subject.type} ${kind}`);
  for (const next of everyDibImage()) {
    const [told] = kinds({ dibImages: [{ previous: null, next }] });
    assert.match(told!, /^dib-image image\.(building|ready|failed|deleting)$/);
    assert.deepEqual(kinds({ dibImages: [{ previous: next, next }] }), []);
    assert.deepEqual(kinds({ dibImages: [{ previous: next, next: null }] }), ["dib-image image.gone"]);
  }
  for (const image of everyImage()) {
    const isGone = image.state.phase === "gone";
    assert.deepEqual(
      kinds({ images: [{ previous: image, next: null }] }),
      isGone ? [] : ["image image.gone"],
    );
  }
});
