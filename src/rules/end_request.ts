/** The end of a request that nobody wants any more: with a daemon, by its desk, and without one. */
import { type NodeRecord, type NodeStateName, stateName } from "../domain/node.ts";
import { type NodeEvent, transition } from "../domain/node_transition.ts";
import type { Instant } from "../domain/time.ts";
import type { Edit } from "../store/draft.ts";

/** Removes the request; nodes that were granted to it go back: they are deleted, once nobody holds them. Gone is done. */
export function endRequest(edit: Edit, { requestId, now }: { requestId: number; now: Instant }): void {
  const request = edit.request(requestId);
  if (request === null) return;
  for (const id of request.nodes) {
    const node = edit.node(id);
    if (node === null || node.requestId !== requestId) continue;
    const event = givingBack[stateName(node)];
    if (event !== undefined) edit.putNode(transition(node, event, now));
  }
  edit.removeRequest(requestId);
}

const givingBack: Readonly<Partial<Record<NodeStateName, NodeEvent>>> = {
  used: { type: "delete", by: "client", comment: "the client that asked for it is gone", result: "unused" },
  hold: { type: "job-ended", result: null },
};

/** Whether the node is in use by who made the request. */
export function isInUse(node: NodeRecord, requestId: number): boolean {
  return node.requestId === requestId && stateName(node) === "used";
}
