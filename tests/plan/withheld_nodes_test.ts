import assert from "node:assert/strict";
import type { NodeRecord } from "../../src/domain/node.ts";
import type { Observation } from "../../src/domain/observation.ts";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import { planPool } from "../../src/plan/plan_pool.ts";
import { sampleRequest } from "../views/sample_pool.ts";
import {
  config,
  image,
  inventory,
  label,
  node,
  NOW,
  provider,
  seen,
  server,
  states,
  subnode,
} from "./plan_fixtures.ts";

const FROZEN = "frozen: another daemon";

/** A plan for a request, over two providers of which `cloud-a` is seen so. */
function planWith(observation: Observation | undefined, ...nodes: readonly NodeRecord[]) {
  const providers = [provider(), provider({ name: "cloud-b", images: [image()] })];
  const labels = [label({ minReady: 0, providers: ["cloud-a", "cloud-b"] })];
  return planPool({
    config: config({ providers, labels }),
    now: NOW,
    wallOffset: 0,
    nodes,
    requests: [sampleRequest({ id: 1 })],
    pauses: [],
    images: new Map(),
    reserved: new Map(),
    seen: new Map([...(observation === undefined ? [] : [["cloud-a", observation] as const]), [
      "cloud-b",
      seen(),
    ]]),
    targets: new Map(),
    demand: new Map(),
    turns: new Map(),
    creating: new Set(),
    launching: true,
    granting: true,
  });
}

const listed = (fields: Partial<Observation> = {}) => seen({ servers: [server("s7")], ...fields });

Deno.test("a ready node is handed out once its provider has been listed since the start", () => {
  const ready = node(states.ready);
  assert.equal(planWith(listed(), ready).grants.length, 1);
  for (const unlisted of [undefined, seen({ inventory: inventory([]) })]) {
    const { grants, requestWaits, changes } = planWith(unlisted, ready);
    assert.deepEqual([grants, changes], [[], []]);
    const message = "cloud-a: its ready nodes are handed out once its servers have been listed";
    assert.deepEqual(requestWaits.map(({ waitingOn }) => waitingOn.message), [message]);
  }
});

Deno.test("a node whose server is not ACTIVE is not handed out, nor one with such a subnode, and another is launched", () => {
  const group = [node(states.ready, { subnodeCount: 1 }), subnode(8, "ready")];
  const withStatus = (status: string, at = "s7") =>
    seen({ servers: ["s7", "s8"].map((id) => server(id, { status: id === at ? status : "ACTIVE" })) });
  for (const status of ["REBOOT", "HARD_REBOOT", "RESIZE", "VERIFY_RESIZE", "MIGRATING"]) {
    const { grants, changes, launches } = planWith(withStatus(status), node(states.ready));
    assert.deepEqual([grants, changes], [[], []]);
    assert.deepEqual(launches.launches.map(({ reason }) => reason), ["1 requested, have 0"]);
    assert.equal(planWith(withStatus(status, "s8"), ...group).grants.length, 0);
    assert.equal(planWith(withStatus(status, "s9"), ...group).grants.length, 1);
  }
  assert.equal(planWith(withStatus("UNKNOWN"), node(states.ready)).grants.length, 1, "its cell is down");
});

Deno.test("a frozen provider hands out nothing, and what is asked for is launched elsewhere", () => {
  const { grants, launches } = planWith(listed({ frozen: FROZEN }), node(states.ready));
  assert.deepEqual(grants, []);
  assert.deepEqual(launches.launches.map((launch) => launch.provider.name), ["cloud-b"]);
});

Deno.test("a provider that is no longer configured hands out nothing, and what is wanted is launched elsewhere", () => {
  for (const state of [states.ready, states.boot, states.test]) {
    const { grants, launches, requestWaits } = planWith(listed(), node(state, { provider: "cloud-0" }));
    assert.deepEqual(grants, []);
    assert.deepEqual(launches.launches.map(({ reason }) => reason), ["1 requested, have 0"]);
    assert.deepEqual(requestWaits.map(({ waitingOn }) => waitingOn.message), ["its nodes are being built"]);
  }
});

Deno.test("what a provider has that is down since the start is waited for for a minute, then launched elsewhere", () => {
  const down = (since: number) =>
    seen({ inventory: inventory([]), failure: { kind: "unavailable", message: "503", since } });
  for (const state of [states.ready, states.boot]) {
    assert.equal(planWith(down(NOW - MINUTE + 1), node(state)).launches.launches.length, 0);
    const { launches, requestWaits } = planWith(down(NOW - MINUTE), node(state));
    assert.deepEqual(launches.launches.map((launch) => launch.provider.name), ["cloud-b"]);
    assert.deepEqual(requestWaits.map(({ waitingOn }) => waitingOn.message), ["its nodes are being built"]);
  }
  const lost = listed({ failure: { kind: "unavailable", message: "503", since: NOW - HOUR } });
  assert.equal(planWith(lost, node(states.ready)).grants.length, 1, "it has been listed since the start");
});

for (const [phase, state] of Object.entries(states)) {
  Deno.test(`nothing is done on a frozen provider for a node in ${phase}, however old it is`, () => {
    const { actions, changes } = planWith(
      listed({ frozen: FROZEN }),
      node(state, { stateSince: NOW - 100 * HOUR, phaseSince: NOW - 100 * HOUR }),
    );
    assert.deepEqual(actions, []);
    assert.ok(changes.every(({ previous, next }) => next?.state === previous.state));
    const waits = changes.map(({ next }) => next?.waitingOn?.message);
    assert.deepEqual(waits, phase === "used" || phase === "hold" ? [] : [FROZEN]);
  });
}
