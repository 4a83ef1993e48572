/** Which nodes belong together: a node and the subnodes that were launched with it. One pass over all of them. */
import { type NodeRecord, stateName } from "../domain/node.ts";

export interface Groups {
  /** The subnodes of a node, those that are being deleted included. */
  subnodesOf(nodeId: number): readonly NodeRecord[];
  /** The node that a subnode goes with; null: it is gone, or it is no subnode. */
  nodeOf(subnode: Pick<NodeRecord, "parentId">): NodeRecord | null;
}

export function groupsOf(nodes: readonly NodeRecord[]): Groups {
  const subnodes = new Map<number, NodeRecord[]>();
  const byId = new Map<number, NodeRecord>();
  for (const node of nodes) {
    if (node.subnodeCount > 0) byId.set(node.id, node);
    if (node.parentId === null) continue;
    const known = subnodes.get(node.parentId);
    if (known === undefined) subnodes.set(node.parentId, [node]);
    else known.push(node);
  }
  return {
    subnodesOf: (nodeId) => subnodes.get(nodeId) ?? NONE,
    nodeOf: ({ parentId }) => byId.get(parentId ?? -1) ?? null,
  };
}

const NONE: readonly NodeRecord[] = [];

/** Those whose servers are to be used: all but the ones that are being deleted. */
export function livingSubnodes(subnodes: readonly NodeRecord[]): readonly NodeRecord[] {
  return subnodes.filter((subnode) => stateName(subnode) !== "delete");
}
