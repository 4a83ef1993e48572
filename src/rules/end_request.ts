/** The end of a request that nobody wants any more: with a daemon, by its desk, and without one. */
import { type NodeRecord, stateName } from "../domain/node.ts";
import { transition } from "../domain/node_transition.ts";
import type { Instant } from "../domain/time.ts";
import type { Edit } from "../store/draft.ts";

/** Removes the request; nodes that were granted to it go back, which means that they are deleted. Gone is done. */
export function endRequest(edit: Edit, { requestId, now }: { requestId: number; now: Instant }): void {
  const request = edit.request(requestId);
  if (request === null) return;
  for (const id of request.nodes) {
    const node = edit.node(id);
    if (node !== null && isInUse(node, requestId)) edit.putNode(transition(node, GIVEN_BACK, now));
  }
  edit.removeRequest(requestId);
}

const GIVEN_BACK = {
  type: "delete",
  by: "client",
  comment: "the client that asked for it is gone",
  result: "unused",
} as const;

/** Whether the node is in use by who made the request. */
export function isInUse(node: NodeRecord, requestId: number): boolean {
  return node.requestId === requestId && stateName(node) === "used";
}
