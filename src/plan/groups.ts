/** A node and the subnodes that were launched with it. */
import { type NodeRecord, stateName } from "../domain/node.ts";

/** Those whose servers are to be used: all but the ones that are being deleted. */
export function livingSubnodes(subnodes: readonly NodeRecord[]): readonly NodeRecord[] {
  return subnodes.filter((subnode) => stateName(subnode) !== "delete");
}
