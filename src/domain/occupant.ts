/** Who works on a node, as far as is known: anybody else who logs in to it must do so on purpose. */
import { AUTO_HOLD_OWNER } from "./auto_hold.ts";
import { isJobRunning } from "./end_of_hold.ts";
import { type NodeRecord, stateName } from "./node.ts";

interface Occupant {
  /** The user, as `acquire` and `hold` recorded it; null: not known. */
  readonly name: string | null;
  /** For people. */
  readonly description: string;
}

/** null: nobody. Of a subnode: the user of its node. */
export function occupantOf(node: NodeRecord): Occupant | null {
  const state = stateName(node);
  const { hold, asked, job, requestId } = node;
  if (state !== "used" && state !== "hold") return null;
  if (hold?.mayBeInUse) return { name: null, description: "somebody unknown to this state" };
  if (state === "used" || isJobRunning(node)) {
    const client = asked?.client ?? null;
    const work = job !== null ? `job ${job}` : requestId !== null ? `request ${requestId}` : "somebody";
    return { name: client, description: client === null ? work : `${client} (${work})` };
  }
  const owner = hold?.owner ?? null;
  if (owner === null || owner === AUTO_HOLD_OWNER) return null;
  return { name: owner, description: `${owner}, who holds it${hold?.reason ? ` (${hold.reason})` : ""}` };
}
