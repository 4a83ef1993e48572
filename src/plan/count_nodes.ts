/** How many nodes there are of each kind that launching asks about. */
import type { NodeRecord } from "../domain/node.ts";
import { type LabelNodes, NodeIndex } from "../domain/node_index.ts";
import { livingSubnodes } from "./being_deleted.ts";

export interface NodeCounts {
  /** `servers`: with those that nodes being built still miss, since their places are taken. */
  label(name: string): Pick<LabelNodes, "servers" | "onTheWay" | "byTarget"> & {
    readonly launchingByProvider: ReadonlyMap<string, number>;
  };
  /** Whether the provider is being asked for a server, or is about to be. */
  isAsked(provider: string): boolean;
}

export function countNodes(nodes: Iterable<NodeRecord>): NodeCounts {
  const index = NodeIndex.of(nodes);
  const growing = Map.groupBy(index.growing(), ({ label }) => label);
  return {
    label(name) {
      const { servers, onTheWay, launchingByProvider, byTarget } = index.label(name);
      const own = growing.get(name) ?? [];
      return {
        servers: own.reduce((sum, node) => sum + missingSubnodes(node, index), servers),
        onTheWay,
        launchingByProvider: withoutWaiting(launchingByProvider, own.filter((node) => waits(node, index))),
        byTarget,
      };
    },
    isAsked: (provider) => index.provider(provider).asking > 0,
  };
}

export function missingSubnodes({ id, subnodeCount }: NodeRecord, index: NodeIndex): number {
  return Math.max(0, subnodeCount - livingSubnodes(index.subnodesOf(id)).length);
}

/** Whether it has come so far itself, and waits for subnodes that have not. */
function waits({ id, role, state, subnodeCount }: NodeRecord, index: NodeIndex): boolean {
  if (role !== "node" || state.phase !== "prepare") return false;
  return index.subnodesOf(id).filter((subnode) => subnode.state.phase === "prepare").length < subnodeCount;
}

function withoutWaiting(
  launching: ReadonlyMap<string, number>,
  waiting: readonly NodeRecord[],
): ReadonlyMap<string, number> {
  const counts = new Map(launching);
  for (const { provider } of waiting) counts.set(provider, counts.get(provider)! - 1);
  return counts;
}
