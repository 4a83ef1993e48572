/** The events of a pool's life, one after the other: over a cloud that fails and a daemon that is killed. Virtual time. */
import assert from "node:assert/strict";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

async function kindsOf(virtual: VirtualPool): Promise<string[]> {
  const events = await virtual.pool.ledger.listEvents({ after: 0, limit: 100_000 });
  assert.deepEqual(events.map(({ id }) => id), events.map((_, index) => index + 1));
  return events.map(({ kind }) => kind);
}

Deno.test("everything that happens to a node somebody asks for is an event, in its order, also over a kill", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 0 }) });
  const [node] = await virtual.acquire("small");
  await virtual.killPool();
  await virtual.startPool();
  await virtual.during(
    virtual.ask("hold", { ids: [node!.id], reason: "look", owner: "maria", duration: null }),
  );
  await virtual.during(virtual.ask("delete", { ids: [node!.id], comment: "done" }));
  await virtual.until(() => virtual.count() === 0);
  assert.deepEqual((await kindsOf(virtual)).filter((kind) => !kind.startsWith("provider.")), [
    "daemon.started",
    "request.made",
    "node.launching",
    "node.ready",
    "request.granted",
    "node.used",
    "daemon.started",
    "hold.begun",
    "hold.ended",
    "node.deleting",
    "node.gone",
  ]);
});

Deno.test("a cloud that is down for an hour is an event for each reason that it gives and one when it is back, however often it is asked", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1 }) });
  await virtual.until(() => virtual.count("ready") === 1);
  virtual.simulator.arm({ fault: 23 });
  await virtual.clock.advance(HOUR);
  virtual.simulator.disarm();
  await virtual.clock.advance(10 * MINUTE);
  const servers = (await virtual.pool.ledger.listEvents({ after: 0, limit: 100_000 }))
    .filter(({ kind, labels }) => /^provider\.(up|down)$/.test(kind) && labels.look === "servers");
  const reasons = new Set(servers.map(({ message }) => message));
  assert.ok(
    servers.length >= 2 && servers.length === reasons.size,
    servers.map(({ message }) => message).join("\n"),
  );
  assert.deepEqual([servers[0]!.kind, servers.at(-1)!.kind], ["provider.down", "provider.up"]);
});
