/**
 * Holding what may be in use although this state says something else of it, or nothing: nodes of a state that was
 * restored from an older copy, and servers that another daemon has made. Such a node is neither handed out nor deleted
 * until somebody has looked at it and releases or deletes it.
 */
import { type Hold, type NodeRecord, stateName } from "./node.ts";
import { transition } from "./node_transition.ts";
import type { Instant } from "./time.ts";

export const RESTORED = "from a restored state, may be in use";
export const FROM_ANOTHER_RUN = "from another run, may be in use";

export function staleHold(reason: string): Hold {
  return { reason, owner: "nodepool", until: null, mayBeInUse: true };
}

/**
 * The node held, or as it is: one in deletion never comes back, and servers that are there for images run no jobs.
 * @param spared states that are known to be right
 */
export function heldAsStale(
  node: NodeRecord,
  { reason, now, spared = [] }: { reason: string; now: Instant; spared?: readonly string[] },
): NodeRecord {
  const state = stateName(node);
  const isJobs = node.role === "node" || node.role === "subnode";
  if (!isJobs || state === "delete" || state === "hold" || spared.includes(state)) return node;
  return transition(node, { type: "hold", hold: staleHold(reason) }, now);
}
