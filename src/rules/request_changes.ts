/** The changes of a request: it is given its nodes, it waits, or nobody wants it any more. Each in an edit of the caller. */
import { type NodeRecord, type NodeStateName, stateName } from "../domain/node.ts";
import { type NodeEvent, transition } from "../domain/node_transition.ts";
import type { Instant } from "../domain/time.ts";
import type { RequestGrant } from "../plan/plan_grants.ts";
import type { RequestWait } from "../plan/plan_request_waits.ts";
import type { Edit } from "../store/draft.ts";

/**
 * Gives it its nodes, all of them or none.
 * @param options `closed`: labels of which an earlier grant failed; later requests must not overtake it
 */
export function grantRequest(
  edit: Edit,
  { request, nodes }: RequestGrant,
  { closed, now }: { closed: Set<string>; now: Instant },
): void {
  const current = edit.request(request.id);
  const records = nodes.map(({ id }) => edit.node(id));
  if (current === null || current.grantedAt !== null) return;
  if (records.some((node) => node?.state.phase !== "ready")) closed.add(request.label);
  if (closed.has(request.label)) return;
  const asked = { client: current.client, at: current.createdAt };
  for (const node of records) {
    if (node === null) continue;
    edit.putNode(transition(node, { type: "taken", job: request.job, requestId: request.id, asked }, now));
  }
  edit.putRequest({ ...current, nodes: nodes.map(({ id }) => id), grantedAt: now, waitingOn: null });
}

/** Why the request still waits. */
export function recordWait(edit: Edit, { request, waitingOn }: RequestWait): void {
  const current = edit.request(request.id);
  if (current !== null && current.grantedAt === null) edit.putRequest({ ...current, waitingOn });
}

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
