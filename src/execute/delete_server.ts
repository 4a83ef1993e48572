/** One attempt to have a server deleted; a listing shows later whether it is gone. */
import { deletePause } from "../plan/phases/delete.ts";
import type { NodeRecord } from "../domain/node.ts";
import { type DeletionOrder, type Deletions, isStale } from "./deletions.ts";
import { type AttemptDeps, type Outcome, postponed } from "./outcome.ts";

interface ServerDeletion {
  readonly node: NodeRecord;
  readonly serverId: string;
}

export function serverOrder({ node, serverId }: ServerDeletion): DeletionOrder {
  return { kind: "server", id: serverId, name: node.hostname, of: { type: "node", node } };
}

export async function executeDeleteServer(
  action: ServerDeletion,
  { deletions, clock, signal }: AttemptDeps & { deletions: Deletions },
): Promise<Outcome> {
  try {
    const answer = await deletions.carryOut(serverOrder(action), { signal });
    return { event: { type: answer === "gone" ? "server-gone" : "delete-accepted" } };
  } catch (error) {
    if (isStale(error)) return { event: null };
    return { event: postponed(error, { clock, signal, reason: "delete", pause: deletePause(action.node) }) };
  }
}
