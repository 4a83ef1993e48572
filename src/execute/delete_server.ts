/** One attempt at having a server deleted; whether it is gone is for a listing to say. */
import type { Cloud } from "../cloud/cloud.ts";
import { deletePause } from "../plan/phases/delete_server.ts";
import { errorChain } from "../lib/error_chain.ts";
import type { Clock } from "../lib/clock.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { Outcome } from "./outcome.ts";

export async function executeDeleteServer(
  { node, serverId }: { node: NodeRecord; serverId: string },
  { cloud, clock, signal }: { cloud: Cloud; clock: Clock; signal: AbortSignal },
): Promise<Outcome> {
  try {
    const answer = await cloud.deleteServer(serverId, { signal });
    return { event: { type: answer === "gone" ? "server-gone" : "delete-accepted" } };
  } catch (error) {
    const until = clock.now() + deletePause(node);
    return {
      event: { type: "postponed", until, waitingOn: { reason: "delete", message: errorChain(error) } },
    };
  }
}
