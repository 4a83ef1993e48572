import assert from "node:assert/strict";
import { CloudError } from "../../src/domain/cloud_error.ts";
import type { NodeRecord } from "../../src/domain/node.ts";
import { MINUTE } from "../../src/domain/time.ts";
import { cleanLeaks } from "../../src/tasks/clean_leaks.ts";
import { ledgerWith } from "../execute/execute_fixtures.ts";
import { floatingIp, node, server, states } from "../plan/plan_fixtures.ts";
import { unreachable, watchKit } from "./task_fixtures.ts";

/** A cloud that was listed twice, over a ledger in which node 7 has ended and the given ones live. */
async function cleaning(
  { servers = [], floatingIps = [], nodes = [] }: {
    servers?: ReturnType<typeof server>[];
    floatingIps?: ReturnType<typeof floatingIp>[];
    nodes?: readonly NodeRecord[];
  },
) {
  const { ledger, clock } = await ledgerWith(node(states["delete-address"]), ...nodes);
  await ledger.edit((edit) => edit.removeNode(7));
  const kit = watchKit({ clock, ledger });
  Object.assign(kit.state, { servers, floatingIps });
  kit.need({ floatingIpAge: MINUTE });
  await kit.observe();
  await clock.advance(MINUTE);
  await kit.observe();
  const deps = { ledger, clock, keypairsListedAt: new Map() };
  return {
    ...kit,
    ledger,
    failed: () =>
      kit.reports.flatMap((report) => "message" in report ? `${report.order.id}: ${report.message}` : []),
    cleaned: () => kit.reports.filter(({ outcome }) => outcome === "accepted").map(({ order: { id } }) => id),
    pass: (signal = new AbortController().signal) => cleanLeaks(kit.watch, deps, { signal }),
    left: () => kit.state.servers.map(({ id }) => id),
  };
}

Deno.test("a server and a floating IP of a node that has ended are deleted, and told", async () => {
  const kit = await cleaning({
    servers: [server("leaked"), server("known", { nodeId: 8 }), server("foreign", { metadata: {} })],
    floatingIps: [floatingIp("f7"), floatingIp("f8", { nodeId: 8 }), floatingIp("f9", { description: "" })],
    nodes: [node({ ...states.ready, serverId: "known" }, { id: 8 })],
  });
  await kit.pass();
  assert.deepEqual([kit.cleaned(), kit.failed()], [["leaked", "f7"], []]);
  assert.deepEqual(kit.left(), ["known", "foreign"]);
  assert.deepEqual(kit.state.floatingIps.map(({ id }) => id), ["f8", "f9"]);
});

Deno.test("servers and floating IPs of nodes that this state never had are left alone, pass after pass", async () => {
  const kit = await cleaning({
    servers: [server("later", { nodeId: 900 })],
    floatingIps: [floatingIp("f900", { nodeId: 900 })],
  });
  await kit.pass();
  await kit.clock.advance(MINUTE);
  await kit.observe();
  await kit.pass();
  assert.deepEqual([kit.left(), kit.state.floatingIps.length, kit.cleaned()], [["later"], 1, []]);
});

Deno.test("a pass deletes fifty at most, the next one goes on", async () => {
  const servers = Array.from({ length: 60 }, (_, index) => server(`s${index + 10}`));
  const kit = await cleaning({ servers });
  await kit.pass();
  assert.equal(kit.left().length, 10);
  await kit.clock.advance(MINUTE);
  await kit.observe();
  await kit.pass();
  assert.equal(kit.left().length, 0);
});

Deno.test("what cannot be deleted is told and does not stop the others", async () => {
  const kit = await cleaning({ servers: [server("leaked")], floatingIps: [floatingIp("f7")] });
  kit.state.failing.set("deleteServer", new Error("it is locked"));
  await kit.pass();
  assert.deepEqual([kit.failed(), kit.cleaned()], [["leaked: it is locked"], ["f7"]]);
});

Deno.test("a server that is gone by itself is not told as a leak", async () => {
  const kit = await cleaning({ servers: [server("leaked")] });
  kit.state.servers = [];
  await kit.pass();
  assert.deepEqual([kit.cleaned(), kit.failed()], [[], []]);
});

Deno.test("a floating IP of an ended node that somebody has attached to something is left to them, and told once", async () => {
  const kit = await cleaning({ floatingIps: [floatingIp("f7", { portId: "p9" })] });
  await kit.pass();
  await kit.pass();
  assert.deepEqual(kit.failed(), ["f7: somebody has attached it to port p9"]);
  assert.equal(kit.state.floatingIps.length, 1);
  assert.equal(kit.asked()["getFloatingIp"], undefined);
});

Deno.test("a server that a node came to name after the leak was found is kept", async () => {
  const kit = await cleaning({ servers: [server("leaked")], floatingIps: [floatingIp("f7")] });
  kit.state.failing.set("getFloatingIp", new Error("not now"));
  await kit.ledger.edit((edit) => edit.putNode(node({ ...states.hold, serverId: "leaked" }, { id: 9 })));
  await kit.pass();
  assert.deepEqual(kit.left(), ["leaked"]);
});

Deno.test("nothing is deleted on a provider that does not answer", async () => {
  const kit = await cleaning({ servers: [server("leaked")], floatingIps: [floatingIp("f7")] });
  kit.state.failing.set("listServers", unreachable);
  await kit.clock.advance(MINUTE);
  await kit.observe();
  kit.asked();
  await kit.pass();
  assert.deepEqual(kit.asked(), {});
});

Deno.test("a pass ends when the pool stops", async () => {
  const kit = await cleaning({ servers: [server("leaked")] });
  await assert.rejects(kit.pass(AbortSignal.abort(new Error("stopping"))), /stopping/);
  assert.deepEqual(kit.left(), ["leaked"]);
});

Deno.test("a service that does not answer is asked for one thing in a pass, and for others in the next", async () => {
  const kit = await cleaning({
    servers: [server("leaked")],
    floatingIps: [floatingIp("f1"), floatingIp("f2"), floatingIp("f3")],
  });
  kit.state.failing.set("deleteFloatingIp", new CloudError("timeout", "no response within 60 s"));
  await kit.pass();
  assert.deepEqual([kit.cleaned(), kit.failed()], [["leaked"], ["f1: no response within 60 s"]]);
  await kit.pass();
  assert.deepEqual(kit.failed(), ["f1: no response within 60 s", "f2: no response within 60 s"]);
  kit.state.failing.clear();
  await kit.pass();
  assert.deepEqual(kit.state.floatingIps.map(({ id }) => id), ["f1", "f2"], "they may be under way");
  await kit.clock.advance(10 * MINUTE);
  await kit.observe();
  await kit.pass();
  assert.deepEqual(kit.state.floatingIps, []);
});

Deno.test("a service that refuses one deletion is asked for the next", async () => {
  const kit = await cleaning({ floatingIps: [floatingIp("f1"), floatingIp("f2")] });
  kit.state.failing.set(
    "deleteFloatingIp",
    new CloudError("conflict", "it is locked", { status: 409, effect: "none" }),
  );
  await kit.pass();
  await kit.pass();
  assert.deepEqual(kit.failed(), ["f1: it is locked", "f2: it is locked"]);
  kit.state.failing.clear();
  await kit.pass();
  assert.deepEqual(kit.state.floatingIps, []);
});
