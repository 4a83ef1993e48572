/** What the executor does with nodes that have subnodes. */
import assert from "node:assert/strict";
import { floatingIp as floatingIpOnCloud, node, NOW, states, subnode } from "../plan/plan_fixtures.ts";
import { executorKit, serverRequests } from "./execute_fixtures.ts";

const floatingIp = { id: "f7", address: "203.0.113.7" };
const leaving = node(states["delete-address"], { floatingIp, subnodeCount: 2 });
const deleteFloatingIp = { type: "delete-floating-ip", node: leaving, floatingIpId: "f7" } as const;

Deno.test("a node whose floating IP is deleted stays until its subnodes are gone, and is not asked for it again", async () => {
  const cloud = {
    getFloatingIp: () => Promise.resolve(floatingIpOnCloud("f7")),
    deleteFloatingIp: () => Promise.resolve("accepted" as const),
  };
  await using kit = await executorKit({ nodes: [leaving, subnode(8, "delete-server")], cloud });
  await kit.run({ ...deleteFloatingIp, node: kit.node()! });
  assert.deepEqual([kit.node()?.state.phase, kit.node()?.floatingIp], ["delete-address", null]);
  await using alone = await executorKit({ nodes: [leaving], cloud });
  await alone.run({ ...deleteFloatingIp, node: alone.node()! });
  assert.equal(alone.node(), undefined);
  assert.equal((await alone.ledger.getHistory(7))?.endedAt, NOW);
});

Deno.test("a subnode's server is asked for with its node's id where that is documented, and its own beside it", async () => {
  const created = { createServer: () => Promise.resolve({ id: "s8" }) };
  await using kit = await executorKit({ nodes: [subnode(8, "create")], cloud: created });
  await kit.run({ type: "create-server", node: kit.node(8)! });
  const [request] = serverRequests(kit.cloud);
  assert.equal(JSON.parse(request!.metadata["nodepool"]!).node_id, 7);
  assert.equal(request!.metadata["nodepool_node"], "8");
});
