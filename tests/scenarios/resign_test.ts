/** What a daemon of a pool on several machines answers to `resign`. */
import assert from "node:assert/strict";
import { type Machines } from "../../src/lead/machines.ts";
import { keys, recordOf, virtualEtcd } from "../lead/campaigning.ts";
import { ScriptedLeadership } from "../lead/scripted_leadership.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

async function led({ standbys }: { standbys: readonly string[] }) {
  const { etcd } = virtualEtcd();
  for (const id of standbys) {
    const value = JSON.stringify({ ...recordOf(id), role: "standby" });
    etcd.server.transact({ compares: [], then: [{ put: keys.members + id, value }] });
  }
  let resignations = 0;
  const machines: Machines = {
    etcd: etcd.client("one"),
    keys,
    leadership: new ScriptedLeadership(),
    self: recordOf("one"),
    resign: () => resignations++,
  };
  const virtual = await VirtualPool.start({ config: poolConfig({ minReady: 0 }), machines });
  return { virtual, resignations: () => resignations, [Symbol.asyncDispose]: () => virtual.stopPool() };
}

Deno.test("a leader says who it is, and resigns where a standby is there", async () => {
  await using pool = await led({ standbys: ["two"] });
  const { virtual } = pool;
  const { id, host } = await virtual.ask("leader", {});
  assert.deepEqual([id, host], ["one", "one"]);
  assert.deepEqual(await virtual.ask("resign", { id, force: false }), { standbys: ["two"] });
  assert.equal(pool.resignations(), 1);
});

Deno.test("a leader without a standby stays, unless somebody insists", async () => {
  await using pool = await led({ standbys: [] });
  const { virtual } = pool;
  await assert.rejects(virtual.ask("resign", { id: "one", force: false }), {
    name: "ControlError",
    message: "no standby can take over from one: start one, or let the pool stand still with --force",
  });
  assert.equal(pool.resignations(), 0);
  await virtual.ask("resign", { id: "one", force: true });
  assert.equal(pool.resignations(), 1);
});

Deno.test("a resignation of the former leader that is asked for again is done, with a standby or without", async () => {
  for (const standbys of [["three"], []]) {
    await using pool = await led({ standbys });
    const answer = await pool.virtual.ask("resign", { id: "the former one", force: false });
    assert.deepEqual(answer, { standbys: ["one"] });
    assert.equal(pool.resignations(), 0);
  }
});

Deno.test("a daemon whose state is a file does not resign, and says why", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 0 }) });
  await assert.rejects(virtual.ask("resign", { id: "one", force: true }), {
    name: "ControlError",
    message: /^the state of this pool is a file, and no other machine can take over/,
  });
});
