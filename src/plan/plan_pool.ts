/**
 * One planning of the whole pool: what is wanted against what is seen. Pure and synchronous: the same input gives
 * the same plan. The tick (`src/tasks`) calls it, commits its changes and hands its actions to the executor.
 */
import type { Config, ProviderConfig } from "../domain/config.ts";
import { Apart, type Defect } from "../domain/defect.ts";
import type { LaunchPause } from "../domain/launch_pause.ts";
import type { NodeRecord } from "../domain/node.ts";
import { NodeIndex } from "../domain/node_index.ts";
import type { WaitingEvent } from "../domain/next_waiting.ts";
import { transition } from "../domain/node_transition.ts";
import type { Observation } from "../domain/observation.ts";
import type { TargetState } from "../domain/target_state.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import type { NodeRequest } from "../domain/request.ts";
import { earliest, type Instant, type Moment } from "../domain/time.ts";
import type { Action } from "./action.ts";
import type { ServerCost } from "./allocation_types.ts";
import { currentImages } from "../domain/current_images.ts";
import { whyTooMany } from "./most_nodes.ts";
import { type GrantPlan, NO_GRANTS, planGrants, type RequestGrant } from "./plan_grants.ts";
import { type LaunchPlan, planLaunches } from "./plan_launches.ts";
import { NodesAtRest } from "./nodes_at_rest.ts";
import type { OfferSituation } from "./offers.ts";
import { staying, waitingFor } from "./follow_ladder.ts";
import { type NodePlan, planNode } from "./plan_node.ts";
import { planRequestWaits, type RequestWait } from "./plan_request_waits.ts";
import { planReplacements, type Replacements } from "./plan_replacements.ts";
import { whyWithheld, withheldLabels, withoutFrozen } from "./withheld_nodes.ts";
import { planSurplus, type Shortage, type Unwanted } from "./plan_surplus.ts";
import type { Turns } from "./turns.ts";
import { planSubnodes, type SubnodeLaunch, type SubnodePlan } from "./plan_subnodes.ts";

export interface PoolInput extends Moment {
  readonly config: Config;
  /** Without those that an index counts. */
  readonly nodes: Iterable<NodeRecord>;
  /** Which of them need no planning, as the plannings before left it; left out: each is planned. */
  readonly rest?: NodesAtRest;
  readonly requests: Iterable<NodeRequest>;
  /** Ids of requests from before the daemon's start whose clients have not come back; left out: none. */
  readonly deserted?: ReadonlySet<number>;
  readonly pauses: readonly LaunchPause[];
  /** The providers' images, by id. */
  readonly images: ReadonlyMap<number, ProviderImage>;
  readonly order?: OfferSituation["order"];
  /** By provider: what servers for images cost that wait for room in the quotas; they come first. */
  readonly reserved: ReadonlyMap<string, readonly ServerCost[]>;
  /** By provider; one that is missing has not been asked yet. */
  readonly seen: ReadonlyMap<string, Observation>;
  /** How the targets stand, by name; one that is missing is always online. */
  readonly targets: ReadonlyMap<string, TargetState>;
  /** Nodes that jobs in queues ask for, by label, besides those of the requests. */
  readonly demand: ReadonlyMap<string, number>;
  /** By path: why a file on this machine is of no use; left out: all are as they should be. */
  readonly faults?: ReadonlyMap<string, string>;
  /** Whose turn it is, as the planning before left it. */
  readonly turns: Turns;
  /** Since when nodes are unwanted, as the planning before left it; left out: none was. */
  readonly unwanted?: Unwanted;
  /** The first id that this run of the daemon gave out; left out: all are of it. */
  readonly firstIdOfRun?: number;
  /** Ids of nodes whose server is being asked for in this process. */
  readonly creating: ReadonlySet<number>;
  /** Which nodes are to be moved, where that is not all: the rest is left as it is. */
  readonly concerns?: (node: NodeRecord) => boolean;
  /** Whether new nodes are launched and requests granted; false while the daemon is stopping. */
  readonly launching: boolean;
  /** Why none are launched, whatever there is room for; null or left out: they are. */
  readonly launchesNothing?: string | null;
  /** Whether requests are granted ready nodes; false while the daemon is stopping. */
  readonly granting: boolean;
}

export interface NodeChange {
  readonly previous: NodeRecord;
  /** null: it has ended. */
  readonly next: NodeRecord | null;
}

export interface PoolPlan {
  readonly changes: readonly NodeChange[];
  readonly actions: readonly Action[];
  readonly grants: readonly RequestGrant[];
  readonly launches: LaunchPlan;
  readonly unwanted: Unwanted;
  readonly subnodes: readonly SubnodeLaunch[];
  /** Requests that wait for another reason than before. */
  readonly requestWaits: readonly RequestWait[];
  /** The parts that could not be planned: a record that stays as it is, or a part of the plan that is empty. */
  readonly defects: readonly Defect[];
  /** When to plan again even if nothing happens; null: no such time. */
  readonly until: Instant | null;
}

export function planPool(input: PoolInput): PoolPlan {
  const apart = new Apart("planning");
  const part = <Plan>(id: string, plan: () => Plan, none: Plan) =>
    apart.for({ kind: "plan of", id }, plan, none);
  const nodes = NodeIndex.of(input.nodes);
  const { rest = new NodesAtRest() } = input;
  const current = currentImages(input.images.values());
  const subnodes = part("subnodes", () => planSubnodes({ ...input, nodes, current }), NO_SUBNODES);
  const broken = new Set<number>();
  const breaks = (node: NodeRecord) => (broken.add(node.id), staying(node));
  const world = { input, nodes, subnodes, providers: byName(input.config.providers) };
  const plans = rest.moving(nodes, input).map((node) => {
    const plan = apart.for({ kind: "node", id: node.id }, () => planKnown(node, world), null);
    if (plan !== null) rest.note(node, plan);
    return { node, plan: plan ?? breaks(node) };
  });
  using _planned = nodes.assume(plans.map(({ node: { id }, plan: { next } }) => ({ id, next })));

  const isUsable = (provider: string) =>
    world.providers.has(provider) && whyWithheld(provider, input.seen) === null;
  const waiting = [...input.requests].filter((request) => request.grantedAt === null);
  const withheld = withheldLabels(nodes, input.seen);
  const impossible = impossibleRequests(waiting, { ...input, apart });
  const { grants, ...granting }: GrantPlan = input.granting
    ? planGrants(nodes, waiting, {
      ...input,
      isUsable: ({ id, provider }) => !broken.has(id) && isUsable(provider),
      impossible,
      apart,
    })
    : NO_GRANTS;
  const granted = new Set(grants.map(({ request }) => request.id));
  const replacements = part(
    "replacements",
    () => planReplacements(input.config, nodes, input.now),
    NO_REPLACEMENTS,
  );
  using _taken = nodes.assume(taken(grants, input.now));

  const requests = waiting.filter(({ id }) => !granted.has(id));
  const noLaunches = { ...NO_LAUNCHES, turns: input.turns };
  const planAll = () => {
    using _frozen = withoutFrozen(nodes, input);
    return planLaunches({
      ...input,
      nodes,
      requests: requests.filter(({ id }) => !impossible.has(id)),
      current,
      promised: subnodes.promised,
      gathering: new Set(granting.idle.map(({ label }) => label)),
      apart,
    });
  };
  const launches = input.launching ? part("launches", planAll, noLaunches) : noLaunches;

  const replaceable = replacements.nodes.filter(({ label }) => launches.offered.has(label));
  const unwanted = input.unwanted ?? new Map();
  const noSurplus = { leaving: new Map<number, string>(), unwanted, until: null };
  const planIdle = () =>
    planSurplus({
      ...input,
      unwanted,
      firstIdOfRun: input.firstIdOfRun ?? 0,
      nodes,
      isUsable,
      wanted: launches.wanted,
      gathered: granting.idle,
      shortages: [...shortagesOfImages(input.reserved), ...launches.shortages],
    });
  // What is wanted is not known where no launches could be planned.
  const hasWanted = input.launching && !input.launchesNothing && launches !== noLaunches;
  const surplus = hasWanted ? part("surplus", planIdle, noSurplus) : noSurplus;
  const leaving = new Map([
    ...surplus.leaving,
    ...replaceable.map(({ id }) => [id, "older than max-ready-age"] as const),
  ]);
  return {
    changes: changesOf(plans, { leaving, grants, nodes, now: input.now }),
    actions: plans.flatMap(({ plan }) => plan.action ?? []),
    grants,
    launches,
    unwanted: surplus.unwanted,
    subnodes: input.launching && !input.launchesNothing ? subnodes.launches : [],
    requestWaits: planRequestWaits(
      // Where nothing was planned for them, the plan before that knew more.
      requests.filter(({ label }) => input.launching || withheld.has(label)),
      { ...input, reports: launches.reports, withheld, impossible, kept: granting.kept, apart },
    ),
    defects: apart.defects,
    until: earliest([
      ...plans.map(({ plan }) => plan.until),
      rest.until,
      launches.until,
      replacements.until,
      granting.until,
      surplus.until,
    ]),
  };
}

function shortagesOfImages(reserved: PoolInput["reserved"]): Shortage[] {
  return [...reserved].map(([provider, costs]) => ({
    label: null,
    servers: costs.length,
    providers: [provider],
  }));
}

const NO_SUBNODES: SubnodePlan = { launches: [], refusals: new Map(), promised: new Map() };
const NO_REPLACEMENTS: Replacements = { nodes: [], until: null };

/** Those that ask for more than there can ever be, with the sum; nothing is launched or kept for them. */
function impossibleRequests(
  requests: readonly NodeRequest[],
  { config, seen, apart }: Pick<PoolInput, "config" | "seen"> & { apart: Apart },
): ReadonlyMap<number, string> {
  const labels = new Map(config.labels.map((label) => [label.name, label]));
  return new Map(requests.flatMap(({ id, label: name, count }) => {
    const label = labels.get(name);
    const judge = () => label === undefined ? null : whyTooMany(label, count, { config, seen });
    const why = apart.for({ kind: "request", id }, judge, null);
    return why === null ? [] : [[id, `it ${why}`] as const];
  }));
}

const NO_LAUNCHES: LaunchPlan = {
  launches: [],
  reports: [],
  turns: new Map(),
  shortages: [],
  wanted: new Map(),
  offered: new Set(),
  until: null,
};

interface World {
  readonly input: PoolInput;
  readonly nodes: NodeIndex;
  readonly subnodes: SubnodePlan;
  readonly providers: ReadonlyMap<string, ProviderConfig>;
}

/** A node whose provider has not been seen yet, as after a start, stays as it is. */
function planKnown(node: NodeRecord, { input, nodes, subnodes, providers }: World): NodePlan {
  if (input.concerns?.(node) === false) return staying(node);
  const provider = providers.get(node.provider);
  if (provider === undefined) return planOrphan(node, input.now);
  const seen = input.seen.get(node.provider);
  if (seen === undefined || seen.inventory.completeAt === null) return staying(node);
  if (seen.frozen !== null) return planFrozen(node, { message: seen.frozen, now: input.now });
  const image = provider.images.find(({ name }) => name === node.image) ?? null;
  const { now, config, images, targets } = input;
  return planNode(node, {
    shared: { now, config, provider, image, seen, nodes: nodes.byId, images, targets },
    own: {
      creating: input.creating.has(node.id),
      parent: nodes.nodeOf(node),
      subnodes: nodes.subnodesOf(node.id),
      subnodeRefusal: subnodes.refusals.get(node.id) ?? null,
    },
  });
}

/** A node whose provider is not configured waits for it. */
function planOrphan(node: NodeRecord, now: Instant): NodePlan {
  const message =
    `provider ${node.provider} is not in the configuration; add it back to have the node deleted there`;
  return standStill(node, { message, now });
}

/** Whoever uses or holds a node is not concerned. */
function planFrozen(node: NodeRecord, why: { message: string; now: Instant }): NodePlan {
  const { phase } = node.state;
  return phase === "used" || phase === "hold" ? staying(node) : standStill(node, why);
}

function standStill(node: NodeRecord, { message, now }: { message: string; now: Instant }): NodePlan {
  const change = (record: NodeRecord, event: WaitingEvent) => transition(record, event, now);
  return staying(waitingFor(node, { reason: { reason: "provider", message }, change }));
}

/** The nodes as they are once they have been handed out. */
function taken(grants: readonly RequestGrant[], now: Instant): { id: number; next: NodeRecord }[] {
  const taking = { type: "taken", job: null, requestId: null } as const;
  return grants.flatMap(({ nodes }) =>
    nodes.map((node) => ({ id: node.id, next: transition(node, taking, now) }))
  );
}

/** The changes of the planned nodes, and of those that leave for the pool's sake. */
function changesOf(
  plans: readonly Planned[],
  { leaving, grants, nodes, now }: {
    leaving: ReadonlyMap<number, string>;
    grants: readonly RequestGrant[];
    nodes: NodeIndex;
    now: Instant;
  },
): NodeChange[] {
  const changes = new Map(
    plans.filter(({ node, plan }) => plan.next !== node).map(({ node, plan: { next } }) =>
      [node.id, { previous: node, next }] as const
    ),
  );
  const granted = new Set(grants.flatMap((grant) => grant.nodes.map(({ id }) => id)));
  for (const [id, comment] of leaving) {
    const node = nodes.byId.get(id);
    if (node === undefined || granted.has(id)) continue;
    const event = { type: "delete", by: "limit", comment, result: "unused" } as const;
    changes.set(id, { previous: changes.get(id)?.previous ?? node, next: transition(node, event, now) });
  }
  return [...changes.values()];
}

interface Planned {
  readonly node: NodeRecord;
  readonly plan: NodePlan;
}

function byName<Named extends { readonly name: string }>(all: readonly Named[]): ReadonlyMap<string, Named> {
  return new Map(all.map((one) => [one.name, one]));
}
