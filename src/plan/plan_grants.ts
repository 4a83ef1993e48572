/**
 * Which waiting requests get which ready nodes: first come first served for each label, all the nodes of a request
 * together, the node that has been ready longest first. A request that finds too few gathers them: later ones do not get
 * them, but no node is kept for it without bound, and one that can never be met keeps none. One whose client has yet to
 * come back keeps its place and its nodes: nobody would take them, and on a copy of the state they are somebody else's.
 */
import type { Apart } from "../domain/defect.ts";
import type { NodeRecord } from "../domain/node.ts";
import { NodeIndex } from "../domain/node_index.ts";
import type { NodeRequest } from "../domain/request.ts";
import { earliest, type Instant, type Milliseconds, MINUTE } from "../domain/time.ts";
import type { PoolInput } from "./pool_plan.ts";

export interface RequestGrant {
  readonly request: NodeRequest;
  readonly nodes: readonly NodeRecord[];
}

export interface GrantPlan {
  readonly grants: readonly RequestGrant[];
  /** By id of a request that enough ready nodes are there for: who they are kept for. */
  readonly kept: ReadonlyMap<number, Keeping>;
  /** Ready nodes that requests gather and that are kept for none of them any longer. */
  readonly idle: readonly NodeRecord[];
  /** When the next node is no longer kept; null: none is kept. */
  readonly until: Instant | null;
}

export interface Keeping {
  readonly requestId: number;
  readonly until: Instant;
}

/** How long a ready node is kept for an earlier request: a quarter of the time that it had waited then, within these. */
const KEPT_FOR = { least: 10 * MINUTE, most: 30 * MINUTE };

export const NO_GRANTS: GrantPlan = { grants: [], kept: new Map(), idle: [], until: null };

export function planGrants(
  nodes: Iterable<NodeRecord>,
  requests: readonly NodeRequest[],
  situation: GrantSituation,
): GrantPlan {
  if (requests.length === 0) return NO_GRANTS;
  const index = NodeIndex.of(nodes);
  const { isUsable = () => true } = situation;
  // What a target may send jobs to is nobody else's.
  const freeOf = (label: string) =>
    index.label(label).ready.values().filter((node) => node.assignedAt === null && isUsable(node));
  const ordered = [...requests].sort((a, b) => a.id - b.id);
  const plans = [...Map.groupBy(ordered, ({ label }) => label)]
    .flatMap(([label, queue]) => {
      const serve = () => serveLabel(queue, freeOf(label), situation);
      return situation.apart.for({ kind: "label", id: label }, serve, null) ?? [];
    });
  return {
    grants: plans.flatMap(({ grants }) => grants).sort((a, b) => a.request.id - b.request.id),
    kept: new Map(plans.flatMap(({ kept }) => [...kept])),
    idle: plans.flatMap(({ idle }) => idle),
    until: earliest(plans.map(({ until }) => until)),
  };
}

interface GrantSituation extends Pick<PoolInput, "now" | "deserted"> {
  /** The requests of each label are served apart. */
  readonly apart: Apart;
  /** Whether a node is handed out; left out: any is. */
  readonly isUsable?: (node: NodeRecord) => boolean;
  /** Ids of requests that can never be met. */
  readonly impossible?: ReadonlyMap<number, unknown>;
}

/**
 * Serves the requests of one label.
 * @param free the nodes that are ready for them, looked at only as far as there are requests for them
 */
function serveLabel(
  queue: readonly NodeRequest[],
  free: Iterator<NodeRecord>,
  { now, deserted, impossible }: GrantSituation,
): GrantPlan {
  const keepings = new Map<NodeRecord, Keeping>();
  const grants: RequestGrant[] = [];
  const kept = new Map<number, Keeping>();
  /** Those looked at so far that nobody gets and nobody has kept for them. */
  let open: NodeRecord[] = [];
  const gathered = new Set<NodeRecord>();
  const find = (count: number) => {
    while (open.length < count) {
      const { value, done } = free.next();
      if (done) return false;
      open.push(value);
    }
    return true;
  };
  let byEnd: Keeping[] = [];
  const gather = (request: NodeRequest) => {
    if (byEnd.length < keepings.size) byEnd = [...keepings.values()].sort((a, b) => a.until - b.until);
    const opening = byEnd[request.count - open.length - 1];
    if (opening !== undefined) kept.set(request.id, opening);
    if (impossible?.has(request.id)) return;
    for (const node of open) {
      gathered.add(node);
      const until = keptUntil(node, request);
      if (until > now) keepings.set(node, { requestId: request.id, until });
    }
    open = open.filter((node) => !keepings.has(node));
  };
  for (const request of queue) {
    if (!find(request.count)) {
      gather(request);
      continue;
    }
    const nodes = open.splice(0, request.count);
    if (!deserted?.has(request.id)) grants.push({ request, nodes });
  }
  const until = earliest([...keepings.values()].map((each) => each.until));
  return { grants, kept, idle: open.filter((node) => gathered.has(node)), until };
}

function keptUntil({ stateSince }: NodeRecord, { createdAt }: NodeRequest): Instant {
  const since = Math.max(stateSince, createdAt);
  const patience: Milliseconds = (since - createdAt) / 4;
  return since + Math.min(KEPT_FOR.most, Math.max(KEPT_FOR.least, patience));
}
