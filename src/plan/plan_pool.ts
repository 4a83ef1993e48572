/**
 * One planning of the whole pool: what is wanted against what is seen. Pure and synchronous: the same input gives
 * the same plan. The tick (`src/tasks`) calls it, commits its changes and hands its actions to the executor.
 */
import type { ProviderConfig } from "../domain/config.ts";
import { type CurrentImages, currentImages } from "../domain/current_images.ts";
import { Apart } from "../domain/defect.ts";
import type { NodeRecord } from "../domain/node.ts";
import { NodeIndex } from "../domain/node_index.ts";
import { transition } from "../domain/node_transition.ts";
import type { Obstacle, Refusal } from "../domain/obstacle.ts";
import type { NodeRequest } from "../domain/request.ts";
import { earliest, type Instant } from "../domain/time.ts";
import { FreeRoom, needsOf } from "./free_room.ts";
import { whyTooMany } from "./most_nodes.ts";
import { type GrantPlan, NO_GRANTS, planGrants, type RequestGrant } from "./plan_grants.ts";
import { type LaunchPlan, planLaunches } from "./plan_launches.ts";
import { planMovingNodes, type PlannedNode } from "./plan_moving_nodes.ts";
import { planReplacements, type Replacements } from "./plan_replacements.ts";
import { planRequestWaits } from "./plan_request_waits.ts";
import { planSubnodes, type SubnodePlan } from "./plan_subnodes.ts";
import { planSurplus, type Shortage, type SurplusPlan } from "./plan_surplus.ts";
import type { NodeChange, PoolInput, PoolPlan } from "./pool_plan.ts";
import { costOf } from "./provider_room.ts";
import { turnsWithCeded } from "./turns.ts";
import { isUp, whyWithheld, withheldLabels, withoutStill } from "./withheld_nodes.ts";

export function planPool(input: PoolInput): PoolPlan {
  const round = openRound(input);
  const { nodes, apart, now } = round;
  const subnodes = part(round, "subnodes", () => planSubnodes(round), NO_SUBNODES);
  const moving = planMovingNodes({ ...round, input, subnodes }, apart);
  using _planned = nodes.assume(moving.plans.map(({ node: { id }, plan: { next } }) => ({ id, next })));

  const queue = readQueue(round);
  const granting = planHandOut(round, { ...queue, broken: moving.broken });
  const replacements = part(round, "replacements", () => planReplacements(round), NO_REPLACEMENTS);
  using _taken = nodes.assume(taken(granting.grants, now));

  const granted = new Set(granting.grants.map(({ request }) => request.id));
  const requests = queue.waiting.filter(({ id }) => !granted.has(id));
  const planned = planNew(round, { ...queue, requests, subnodes, granting });
  const surplus = planGivingBack(round, { launches: planned, granting });
  const before = planned ?? { ...NO_LAUNCHES, turns: input.turns };
  const launches = { ...before, turns: turnsWithCeded(before.turns, surplus.ceded, now) };
  const replaceable = replacements.nodes.filter(({ label }) => launches.offered.has(label));
  const leaving = new Map([
    ...surplus.leaving,
    ...replaceable.map(({ id }) => [id, "older than max-ready-age"] as const),
  ]);
  return {
    changes: changesOf(moving.plans, { leaving, grants: granting.grants, nodes, now }),
    actions: moving.plans.flatMap(({ plan }) => plan.action ?? []),
    grants: granting.grants,
    launches,
    unwanted: surplus.unwanted,
    subnodes: input.launching && !input.launchesNothing ? subnodes.launches : [],
    requestWaits: planRequestWaits(
      // Where nothing was planned for them, the plan before that knew more.
      requests.filter(({ label }) => input.launching || queue.withheld.has(label)),
      { ...round, ...queue, reports: launches.reports, kept: granting.kept },
    ),
    defects: apart.defects,
    until: earliest([moving, launches, replacements, granting, surplus].map(({ until }) => until)),
  };
}

/** The input, with what all parts of the planning share. */
interface Round extends PoolInput {
  readonly nodes: NodeIndex;
  readonly providers: ReadonlyMap<string, ProviderConfig>;
  readonly current: CurrentImages;
  readonly apart: Apart;
}

function openRound(input: PoolInput): Round {
  return {
    ...input,
    nodes: NodeIndex.of(input.nodes),
    providers: new Map(input.config.providers.map((provider) => [provider.name, provider])),
    current: currentImages(input.images.values()),
    apart: new Apart("planning"),
  };
}

/** A part of the planning; `none` where it breaks. */
function part<Plan>({ apart }: Round, id: string, plan: () => Plan, none: Plan): Plan {
  return apart.for({ kind: "plan of", id }, plan, none);
}

interface Queue {
  readonly waiting: readonly NodeRequest[];
  /** By label: why its ready nodes are not handed out. */
  readonly withheld: ReadonlyMap<string, readonly Refusal[]>;
  /** By id of those that can never be met: why. */
  readonly impossible: ReadonlyMap<number, Obstacle>;
}

function readQueue(round: Round): Queue {
  const waiting = [...round.requests].filter(({ grantedAt }) => grantedAt === null);
  return {
    waiting,
    withheld: withheldLabels(round.nodes, round),
    impossible: impossibleRequests(waiting, round),
  };
}

function planHandOut(
  round: Round,
  { waiting, impossible, broken }: Queue & { broken: ReadonlySet<number> },
): GrantPlan {
  if (!round.granting) return NO_GRANTS;
  const isUsable = (node: NodeRecord) =>
    !broken.has(node.id) && isProviderUsable(round, node.provider) && isUp(node, round.nodes, round.seen);
  return planGrants(round.nodes, waiting, { ...round, isUsable, impossible });
}

function isProviderUsable({ providers, seen }: Round, name: string): boolean {
  return providers.has(name) && whyWithheld(name, seen) === null;
}

/** @returns null: nothing is launched, or the planning of it broke */
function planNew(
  round: Round,
  { requests, impossible, subnodes, granting }: Queue & {
    requests: readonly NodeRequest[];
    subnodes: SubnodePlan;
    granting: GrantPlan;
  },
): LaunchPlan | null {
  if (!round.launching) return null;
  const plan = () => {
    using _still = withoutStill(round.nodes, { ...round, requests });
    return planLaunches({
      ...round,
      requests: requests.filter(({ id }) => !impossible.has(id)),
      promised: subnodes.promised,
      gathering: new Set(granting.idle.map(({ label }) => label)),
    });
  };
  return part(round, "launches", plan, null);
}

/** Nothing is given back where no launches could be planned: it is not known what is wanted. */
function planGivingBack(
  round: Round,
  { launches, granting }: { launches: LaunchPlan | null; granting: GrantPlan },
): SurplusPlan {
  const { unwanted = new Map(), firstIdOfRun = 0 } = round;
  const none = { leaving: new Map<number, string>(), unwanted, ceded: [], until: null };
  if (launches === null || round.launchesNothing) return none;
  const plan = () =>
    planSurplus({
      ...round,
      unwanted,
      firstIdOfRun,
      isUsable: (provider) => isProviderUsable(round, provider),
      wanted: launches.wanted,
      gathered: granting.idle.filter(({ label }) => launches.gathering.has(label)),
      rooms: freeRooms(launches, round),
      costOfNode: (node) => costOfNode(node, round),
      shortages: [...shortagesOfImages(round), ...launches.shortages],
    });
  return part(round, "surplus", plan, none);
}

function costOfNode({ provider: name, flavorId, floatingIp }: NodeRecord, { providers, seen }: Round) {
  const provider = providers.get(name);
  const flavor = seen.get(name)?.catalog.flavors?.find(({ id }) => id === flavorId);
  const floatingIps = floatingIp === null ? 0 : 1;
  return provider && flavor ? costOf({ provider, flavor, floatingIps }) : null;
}

/** Room may be reserved by the configuration before. */
function shortagesOfImages({ reserved, providers }: Round): Shortage[] {
  return [...reserved].filter(([name]) => providers.has(name)).flatMap(([name, costs]) =>
    costs.map((cost) => ({
      label: null,
      nodes: 1,
      size: 1,
      steps: [1],
      providers: [name],
      costs: new Map([[name, cost]]),
    }))
  );
}

/** The room that is left beside what is launched now; that of images is theirs yet to have. */
function freeRooms({ room, launches }: LaunchPlan, { reserved }: Round): ReadonlyMap<string, FreeRoom> {
  const rooms = new Map(room.providers.map((provider) => [provider.name, FreeRoom.of(provider)]));
  for (const launch of launches) {
    rooms.get(launch.provider.name)?.take(needsOf(costOf(launch), 1 + launch.label.subnodes));
  }
  for (const [name, costs] of reserved) {
    for (const cost of costs) rooms.get(name)?.take(needsOf(cost, -1, false));
  }
  return rooms;
}

const NO_SUBNODES: SubnodePlan = { launches: [], refusals: new Map(), promised: new Map() };
const NO_REPLACEMENTS: Replacements = { nodes: [], until: null };

/** Those that ask for more than there can ever be, with the sum; nothing is launched or kept for them. */
function impossibleRequests(
  requests: readonly NodeRequest[],
  { config, seen, apart }: Pick<PoolInput, "config" | "seen"> & { apart: Apart },
): ReadonlyMap<number, Obstacle> {
  const labels = new Map(config.labels.map((label) => [label.name, label]));
  return new Map(requests.flatMap(({ id, label: name, count }) => {
    const label = labels.get(name);
    const judge = () => label === undefined ? null : whyTooMany(label, count, { config, seen });
    const why = apart.for({ kind: "request", id }, judge, null);
    return why === null ? [] : [[id, why] as const];
  }));
}

const NO_LAUNCHES: LaunchPlan = {
  launches: [],
  reports: [],
  room: { labels: [], providers: [] },
  turns: new Map(),
  gathering: new Set(),
  shortages: [],
  wanted: new Map(),
  offered: new Set(),
  until: null,
};

/** The nodes as they are once they have been handed out. */
function taken(grants: readonly RequestGrant[], now: Instant): { id: number; next: NodeRecord }[] {
  const taking = { type: "taken", job: null, requestId: null } as const;
  return grants.flatMap(({ nodes }) =>
    nodes.map((node) => ({ id: node.id, next: transition(node, taking, now) }))
  );
}

/** The changes of the planned nodes, and of those that leave for the pool's sake. */
function changesOf(
  plans: readonly PlannedNode[],
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
