import assert from "node:assert/strict";
import fc from "fast-check";
import { lifelineOf, timeByState, waitOf } from "../../src/domain/lifeline.ts";
import { type NodeEvent, transition } from "../../src/domain/node_transition.ts";
import { arbitraryNode, nodeRecord } from "../store/records.ts";

const timings = {
  "create": 0,
  "boot": 2_000,
  "login": 30_000,
  "ready": 42_000,
  "used": 60_000,
  "delete-server": 100_000,
  "delete-address": 109_000,
};

Deno.test("lifelineOf() gives each phase the time until the next one, and the last until the end", () => {
  const line = lifelineOf({ timings }, 110_000);
  assert.deepEqual(line.map(({ phase, duration }) => [phase, duration]), [
    ["create", 2_000],
    ["boot", 28_000],
    ["login", 12_000],
    ["ready", 18_000],
    ["used", 40_000],
    ["delete-server", 9_000],
    ["delete-address", 1_000],
  ]);
});

Deno.test("timeByState() says how long a node was building, ready, used and being deleted", () => {
  assert.deepEqual(timeByState({ timings }, 110_000), {
    building: 42_000,
    ready: 18_000,
    used: 40_000,
    delete: 10_000,
  });
});

Deno.test("the times of a node's states add up to its life, whatever it went through", () => {
  fc.assert(fc.property(arbitraryNode, fc.nat(), (fields, later) => {
    const returns = (fields.returns ?? []).map(({ at }) => at);
    const entries = [...Object.values(fields.timings), ...returns];
    const [first, last] = [Math.min(...entries), Math.max(...entries)];
    const sum = Object.values(timeByState(fields, last + later)).reduce((total, time) => total + time, 0);
    assert.equal(sum, entries.length === 0 ? 0 : last + later - first);
  }));
});

Deno.test("a hold that was ended, and a deletion that one called off, count for as long as they lasted", () => {
  const hold = { type: "hold", hold: { reason: null, owner: null, until: null } } as const;
  const doomed = { type: "delete", by: "user", comment: "typo", result: "used" } as const;
  let node = nodeRecord({ id: 1, state: { phase: "used", serverId: "s1" }, timings: { used: 0 } });
  const steps = [[hold, 10], [{ type: "unheld" }, 30], [hold, 100], [doomed, 400], [hold, 405], [
    doomed,
    1_000,
  ]];
  for (const [event, at] of steps as [NodeEvent, number][]) node = transition(node, event, at);
  assert.deepEqual(timeByState(node, 1_010), { used: 10 + 70, hold: 20 + 300 + 595, delete: 5 + 10 });
  assert.deepEqual(lifelineOf(node, 1_010).map(({ phase }) => phase), [
    ...["used", "hold", "used", "hold", "delete-server", "hold", "delete-server"],
  ]);
});

Deno.test("waitOf() says how long whoever has a node waited for it, and nothing where nobody asked", () => {
  assert.equal(waitOf({ timings, asked: { client: "ci", at: 55_000 } }), 5_000);
  assert.equal(waitOf({ timings }), null);
});
