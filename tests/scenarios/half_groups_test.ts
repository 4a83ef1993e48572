/** A group of which a provider has room for a part only. */
import assert from "node:assert/strict";
import { stateName } from "../../src/domain/node.ts";
import { MINUTE } from "../../src/domain/time.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

Deno.test("a group whose subnode its provider refuses is launched where there is room for all of it", async () => {
  const label = "subnodes: 1\n    max-servers: 2";
  await using virtual = await VirtualPool.start({
    config: poolConfig({ minReady: 1, clouds: ["east", "west"], label }),
    clouds: [{ name: "east" }, { name: "west" }],
    faults: [{
      fault: 39,
      cloud: "east",
      name: "small-east-*-*",
      status: 403,
      message: "Quota exceeded for instances: Requested 1, but already used 1 of 1 instances",
    }],
  });
  const nodes = () => virtual.pool.report().nodes;
  await virtual.until(() => nodes().some((node) => stateName(node) === "ready"), 25 * MINUTE);
  assert.deepEqual(nodes().map(({ provider }) => provider), ["west", "west"]);
  assert.equal(virtual.servers(), 2);
});
