/** The end of a pool of which parts cannot be ended. */
import assert from "node:assert/strict";
import type { WholeCloud } from "../../src/cloud/cloud.ts";
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
