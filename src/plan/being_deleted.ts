/** Nodes that are being deleted, whose room is as good as free: unless it takes too long, for a cloud may never do it. */
import { type NodeRecord, stateName } from "../domain/node.ts";
import { type Instant, MINUTE } from "../domain/time.ts";

/** So long a deletion counts as room that is coming. */
export const DELETED_WITHIN = 10 * MINUTE;

export function isGoing(node: NodeRecord, now: Instant): boolean {
  return stateName(node) === "delete" && now < node.stateSince + DELETED_WITHIN;
}

/** Those whose servers are to be used with their node's: all but the ones that are being deleted. */
export function livingSubnodes(subnodes: readonly NodeRecord[]): readonly NodeRecord[] {
  return subnodes.filter((subnode) => stateName(subnode) !== "delete");
}
