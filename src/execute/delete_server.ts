/** One attempt at having a server deleted; whether it is gone is for a listing to say. */
import { pauseAfter } from "../cloud/pause_after.ts";
import { deletePause } from "../plan/phases/delete_server.ts";
import { errorChain } from "../lib/error_chain.ts";
import type { Clock } from "../lib/clock.ts";
import type { NodeRecord } from "../domain/node.ts";
import { type DeletionOrder, type Deletions, isStale } from "./deletions.ts";
import type { Outcome } from "./outcome.ts";

interface ServerDeletion {
  readonly node: NodeRecord;
  readonly serverId: string;
}

export function serverOrder({ node, serverId }: ServerDeletion): DeletionOrder {
  return { kind: "server", id: serverId, name: node.hostname, of: { type: "node", node } };
}

export async function executeDeleteServer(
  action: ServerDeletion,
  { deletions, clock, signal }: { deletions: Deletions; clock: Clock; signal: AbortSignal },
): Promise<Outcome> {
  try {
    const answer = await deletions.carryOut(serverOrder(action), { signal });
    return { event: { type: answer === "gone" ? "server-gone" : "delete-accepted" } };
  } catch (error) {
    signal.throwIfAborted();
    if (isStale(error)) return { event: null };
    const until = clock.now() + pauseAfter(error, deletePause(action.node));
    return {
      event: { type: "postponed", until, waitingOn: { reason: "delete", message: errorChain(error) } },
    };
  }
}
