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
      const serve = () => new LabelQueue(freeOf(label), situation).serve(queue);
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

/** The requests of one label, and the nodes that are ready for them. */
class LabelQueue {
  readonly #situation: GrantSituation;
  readonly #keepings = new Map<NodeRecord, Keeping>();
  readonly #grants: RequestGrant[] = [];
  readonly #kept = new Map<number, Keeping>();
  readonly #free: Iterator<NodeRecord>;
  /** Those looked at so far that nobody gets and nobody has kept for them. */
  #open: NodeRecord[] = [];
  readonly #gathered = new Set<NodeRecord>();

  /** @param free looked at only as far as there are requests for them */
  constructor(free: Iterator<NodeRecord>, situation: GrantSituation) {
    this.#free = free;
    this.#situation = situation;
  }

  serve(queue: readonly NodeRequest[]): GrantPlan {
    for (const request of queue) {
      if (this.#find(request.count)) this.#grant(request, this.#open.splice(0, request.count));
      else this.#gather(request, this.#open);
    }
    const until = earliest([...this.#keepings.values()].map((each) => each.until));
    const idle = this.#open.filter((node) => this.#gathered.has(node));
    return { grants: this.#grants, kept: this.#kept, idle, until };
  }

  /** Whether that number is open. */
  #find(count: number): boolean {
    while (this.#open.length < count) {
      const { value, done } = this.#free.next();
      if (done) return false;
      this.#open.push(value);
    }
    return true;
  }

  #grant(request: NodeRequest, nodes: readonly NodeRecord[]): void {
    if (!this.#situation.deserted?.has(request.id)) this.#grants.push({ request, nodes });
  }

  #gather(request: NodeRequest, open: readonly NodeRecord[]): void {
    const opening =
      [...this.#keepings.values()].sort((a, b) => a.until - b.until)[request.count - open.length - 1];
    if (opening !== undefined) this.#kept.set(request.id, opening);
    if (this.#situation.impossible?.has(request.id)) return;
    for (const node of open) {
      this.#gathered.add(node);
      const until = keptUntil(node, request);
      if (until > this.#situation.now) this.#keepings.set(node, { requestId: request.id, until });
    }
    this.#open = open.filter((node) => !this.#keepings.has(node));
  }
}

function keptUntil({ stateSince }: NodeRecord, { createdAt }: NodeRequest): Instant {
  const since = Math.max(stateSince, createdAt);
  const patience: Milliseconds = (since - createdAt) / 4;
  return since + Math.min(KEPT_FOR.most, Math.max(KEPT_FOR.least, patience));
}
