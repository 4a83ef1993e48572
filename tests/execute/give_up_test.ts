import assert from "node:assert/strict";
import { executeGiveUp } from "../../src/execute/give_up.ts";
import { VirtualClock } from "../virtual_clock.ts";
import type { LaunchFailure } from "../../src/plan/action.ts";
import { NOW, server } from "../plan/plan_fixtures.ts";
import { type Scripted, scriptedCloud } from "./execute_fixtures.ts";

async function giveUp(failure: Partial<LaunchFailure>, script: Scripted = {}) {
  const cloud = scriptedCloud(script);
  const whole = {
    serverId: "s7",
    message: "it broke",
    kind: "ssh",
    wantsConsole: false,
    ...failure,
  } as const;
  const { signal } = new AbortController();
  const { event } = await executeGiveUp(whole, { cloud, clock: new VirtualClock(NOW), signal });
  assert.ok(event !== "ended" && event?.type === "delete");
  return { event, calls: cloud.calls };
}

Deno.test("a failed launch is to be deleted, with the failure as its comment and evidence", async () => {
  const { event, calls } = await giveUp({ kind: "ipadd" });
  assert.deepEqual([event.comment, event.result, calls], ["it broke", "failed", []]);
  assert.deepEqual(event.evidence, {
    at: NOW,
    error: "it broke",
    kind: "ipadd",
    requestId: null,
    fault: null,
    console: null,
  });
});

Deno.test("the last lines of the console are kept where they may say more", async () => {
  const { event, calls } = await giveUp({ wantsConsole: true }, {
    getConsole: () => Promise.resolve("kernel panic"),
  });
  assert.equal(event.evidence?.console, "kernel panic");
  assert.deepEqual(calls, [{ method: "getConsole", subject: "s7" }]);
});

Deno.test("a server in ERROR is asked for its fault", async () => {
  const { event } = await giveUp({ kind: "status" }, {
    getServer: (id) => Promise.resolve(server(id, { fault: "No valid host was found" })),
  });
  assert.equal(event.evidence?.fault, "No valid host was found");
});

Deno.test("a cloud that tells nothing more does not keep the node", async () => {
  for (const kind of ["status", "timeout"] as const) {
    const { event } = await giveUp({ kind, wantsConsole: true });
    assert.deepEqual([event.evidence?.console, event.evidence?.fault], [null, null]);
  }
});
