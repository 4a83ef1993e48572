/** What holds of a pool's traffic, whatever happened meanwhile; the tests of traffic ask for it at the end. */
import assert from "node:assert/strict";
import type { Instant } from "../../src/domain/time.ts";
import type { RunningPool } from "./running_pool.ts";
import type { Grant } from "./traffic.ts";

/** A node is handed out once in its life. */
export function assertGivenOnce(grants: readonly Grant[]): void {
  const requestOf = new Map<number, number>();
  for (const { request, nodes } of grants) {
    for (const node of nodes) {
      const before = requestOf.get(node);
      assert.equal(before, undefined, `node ${node} went to request ${before} and to ${request}`);
      requestOf.set(node, request);
    }
  }
}

/**
 * By the log, each daemon granted the requests of a label in the order of their ids. Those from before its start may come
 * later than that: their clients have to come back first, and whose client is there does not wait for them.
 * @param restarts when one daemon had ended and the next had not begun
 */
export async function assertGrantedInOrder(
  pool: RunningPool,
  { restarts = [] }: { restarts?: readonly Instant[] } = {},
): Promise<void> {
  const granted = new Map<string, number>();
  const coming = [...restarts];
  const newcomers = new Set<number>();
  for (const { time, message, id, label } of await pool.logLines()) {
    while (coming.length > 0 && coming[0]! <= Date.parse(time)) {
      coming.shift();
      newcomers.clear();
    }
    if (/^request \d+: \d+ of .* requested$/.test(message)) newcomers.add(Number(id));
    if (!/^request \d+: granted/.test(message)) continue;
    const [name, request] = [String(label), Number(id)];
    const before = granted.get(name) ?? 0;
    assert.ok(
      before < request || !newcomers.has(request),
      `request ${request} of ${name} was granted after ${before}`,
    );
    granted.set(name, Math.max(before, request));
  }
  assert.ok(granted.size > 0, "the log tells of no grants");
}

/** Of every node at most one server was made, by the simulator's journal. @returns the nodes that had one */
export function assertBootedOnce(pool: RunningPool): ReadonlySet<number> {
  const made = pool.simulator.journal.rows().filter((row) => row.operation === "server.create" && row.effect);
  const nodes = new Set<number>();
  for (const [node, rows] of Map.groupBy(made, ({ nodeId }) => nodeId)) {
    assert.ok(node !== null, `server ${rows[0]?.serverId} carries no node's mark`);
    assert.equal(rows.length, 1, `node ${node} has servers ${rows.map(({ serverId }) => serverId)}`);
    nodes.add(Number(node));
  }
  return nodes;
}

/** The cloud has a server for each node of the pool, and no other but those of somebody else. */
export async function assertNoneLeaked(pool: RunningPool, { foreign = 0 } = {}): Promise<void> {
  const nodes = await pool.nodes();
  const standing = new Set(pool.simulator.cloud().servers.standing().map(({ id }) => id));
  const without = nodes.filter(({ server_id }) => !standing.has(server_id ?? ""));
  assert.deepEqual(without.map(({ id, state }) => `${id} ${state}`), [], "nodes whose server is not there");
  assert.equal(standing.size - foreign, nodes.length, "servers on the cloud");
}
