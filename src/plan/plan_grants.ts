/**
 * Which waiting requests get which ready nodes: first come first served for each label, all the nodes of a request
 * together, the node that has been ready longest first. One whose client has yet to come back keeps its place and its
 * nodes: nobody would take them, and on a copy of the state they are somebody else's.
 */
import type { NodeRecord } from "../domain/node.ts";
import type { NodeRequest } from "../domain/request.ts";

export interface RequestGrant {
  readonly request: NodeRequest;
  readonly nodes: readonly NodeRecord[];
}

/**
 * @param requests those that still wait
 * @param deserted ids of those that nobody waits for yet
 */
export function planGrants(
  nodes: readonly NodeRecord[],
  requests: readonly NodeRequest[],
  deserted: ReadonlySet<number> = new Set(),
): readonly RequestGrant[] {
  if (requests.length === 0) return [];
  // What a target may send jobs to is nobody else's.
  const ready = nodes.filter(({ state, role, assignedAt }) =>
    state.phase === "ready" && role === "node" && assignedAt === null
  );
  const free = Map.groupBy(
    ready.sort((a, b) => a.stateSince - b.stateSince || a.id - b.id),
    ({ label }) => label,
  );
  const closed = new Set<string>();
  const grants: RequestGrant[] = [];
  for (const request of [...requests].sort((a, b) => a.id - b.id)) {
    const available = free.get(request.label) ?? [];
    // Who comes later must not take what an earlier request is gathering.
    if (closed.has(request.label) || available.length < request.count) {
      closed.add(request.label);
      continue;
    }
    const taken = available.splice(0, request.count);
    if (!deserted.has(request.id)) grants.push({ request, nodes: taken });
  }
  return grants;
}
