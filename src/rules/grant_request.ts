/** Gives a request its nodes, all of them or none. The tick calls it, in an edit for each grant of a plan. */
import { transition } from "../domain/node_transition.ts";
import type { Instant } from "../domain/time.ts";
import type { RequestGrant } from "../plan/plan_grants.ts";
import type { RequestWait } from "../plan/plan_request_waits.ts";
import type { Edit } from "../store/draft.ts";

/** @param options `closed`: labels of which an earlier grant failed; later requests must not overtake it */
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
