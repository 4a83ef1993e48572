/** Which of the nodes that marks on a cloud speak of have ended, as far as the history goes back. */
import type { NodeRecord } from "../domain/node.ts";
import type { Observation } from "../domain/observation.ts";
import { floatingIpNodeId } from "../domain/server_marks.ts";
import type { Ledger } from "../store/ledger.ts";

/** Ids of nodes that a server or a floating IP is marked with. */
export function markedIds({ inventory, floatingIps }: Observation, installation: string): Set<number> {
  const ofFloatingIps = (floatingIps?.value ?? []).flatMap((ip) => floatingIpNodeId(ip, installation) ?? []);
  return new Set([...inventory.nodeIds(), ...ofFloatingIps]);
}

/** Those of the ids that left the pool, each as it was at its end. */
export async function loadEnded(ledger: Ledger, ids: Iterable<number>): Promise<Map<number, NodeRecord>> {
  const ended = new Map<number, NodeRecord>();
  for (const id of ids) {
    if (ledger.nodes.has(id)) continue;
    const record = await ledger.getHistory(id);
    if (record !== null) ended.set(id, record.node);
  }
  return ended;
}
