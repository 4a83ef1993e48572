/** The end of a pool of which parts cannot be ended. */
import assert from "node:assert/strict";
import type { WholeCloud } from "../../src/cloud/cloud.ts";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { ConfigInForce } from "../../src/pool/config_in_force.ts";
import { loggedLines } from "../lib/logged_lines.ts";
import { config, NOW } from "../plan/plan_fixtures.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { poolConfig, VirtualPool } from "../scenarios/virtual_pool.ts";

const two = poolConfig({ minReady: 1, clouds: ["one", "two"] });
const clouds = [{ name: "one" }, { name: "two" }];

/** A pool whose clouds do something else when they are closed. */
async function closingWith(close: (cloud: WholeCloud) => Promise<void>): Promise<VirtualPool> {
  const virtual = await VirtualPool.start({
    config: two,
    clouds,
    changeCloud: (cloud) => Object.assign(cloud, { [Symbol.asyncDispose]: () => close(cloud) }),
  });
  await virtual.until(() => virtual.count("ready") === 1);
  return virtual;
}

Deno.test("a part of the pool that cannot be ended keeps none of the others, nor the state, from ending", async () => {
  let closed = 0;
  await using virtual = await closingWith(() => Promise.reject(new Error(`cloud ${++closed} hangs on`)));
  const { pool } = virtual;
  const before = virtual.pool.report().nodes.length;
  await virtual.stopPool();
  assert.equal(closed, 2, "one that fails does not keep the other from being closed");
  assert.equal(virtual.clock.sleeping, 0, "every task has ended");
  await assert.rejects(
    pool.ledger.edit(() => {}),
    "the ledger takes nothing any more",
  );
  await virtual.startPool();
  assert.equal(virtual.pool.report().nodes.length, before, "what was stored is there");
});

Deno.test("a part of the pool whose end never comes is left behind, and the others end", async () => {
  await using virtual = await closingWith(() => new Promise(() => {}));
  const { pool } = virtual;
  const logged = await loggedLines(() => virtual.stopPool());
  assert.deepEqual(logged.filter(({ level }) => level === "error").map(({ message }) => message.join("")), [
    "closing the pool: the connections to clouds: did not end within 10s; the daemon ends without waiting for it",
  ]);
  await assert.rejects(pool.ledger.edit(() => {}));
  await virtual.startPool();
});

Deno.test("a key on a file system that does not answer keeps the pool from launching, not from ending", async () => {
  const virtual = await VirtualPool.start({
    config: poolConfig({ minReady: 1 }),
    readFile: () => new Promise(() => {}),
  });
  await using _virtual = virtual;
  await virtual.clock.advance(MINUTE);
  assert.equal(virtual.count(), 0);
  const begunAt = virtual.clock.now();
  await virtual.stopPool();
  assert.ok(virtual.clock.now() - begunAt < 30 * SECOND);
});

Deno.test("a state on a file system that does not answer keeps no pool from ending", async () => {
  let hangs = false;
  const forever = new Promise<never>(() => {});
  const virtual = await VirtualPool.start({
    config: two,
    clouds,
    changeDeps: (deps) => ({
      ...deps,
      store: new Proxy(deps.store, {
        get(store, key) {
          const value = Reflect.get(store, key);
          return typeof value === "function" ? hangs ? () => forever : value.bind(store) : value;
        },
      }),
    }),
  });
  await using _virtual = virtual;
  await virtual.until(() => virtual.count("ready") === 1);
  hangs = true;
  const editing = virtual.pool.ledger.edit((edit) => edit.removeNode(1));
  editing.catch(() => {});
  const begunAt = virtual.clock.now();
  const logged = await loggedLines(() => virtual.stopPool());
  assert.ok(virtual.clock.now() - begunAt < MINUTE);
  const told = logged.map(({ message }) => message.join("")).filter((line) => line.startsWith("closing"));
  assert.deepEqual(
    told.at(-1),
    [
      "closing the pool: the state: did not end within 20s; the daemon ends without waiting for it",
    ].join(),
  );
});

Deno.test("a configuration on a file system that does not answer keeps no pool from ending", async () => {
  const clock = new VirtualClock(NOW);
  const inForce = new ConfigInForce(config(), {
    clock,
    read: () => new Promise(() => {}),
    apply: () => Promise.resolve(),
    tell() {},
    effects: () => [],
  });
  const reading = assert.rejects(inForce.reload(), /the daemon is stopping/);
  await inForce[Symbol.asyncDispose]();
  await reading;
});
