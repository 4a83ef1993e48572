/**
 * How many nodes of which label to launch where: what is asked for against what is there, distributed by the
 * allocation over what each provider offers and has room for. Called by `planPool`.
 */
import type { LabelConfig } from "../domain/config.ts";
import type { Apart } from "../domain/defect.ts";
import { NodeIndex } from "../domain/node_index.ts";
import type { Refusal } from "../domain/obstacle.ts";
import type { LabelReport } from "../domain/pool_report.ts";
import { earliest, type Instant } from "../domain/time.ts";
import { capInNodes, isTried, openProviders, owedNodes } from "./allocation_debts.ts";
import type {
  AllocationInput,
  AllocationResult,
  Grant,
  LabelAsk,
  LabelRefusal,
  ServerCost,
} from "./allocation_types.ts";
import { Placement } from "./allocation_placement.ts";
import { reasonsOf } from "./allocation_reasons.ts";
import { countNodes } from "./count_nodes.ts";
import { endOfTurns, planWithTurns, unlessKept } from "./keep_room.ts";
import { type LabelWish, wishOf, type WishSituation } from "./label_wish.ts";
import type { LaunchOffer } from "./offers.ts";
import type { Shortage } from "./plan_surplus.ts";
import type { PoolInput } from "./pool_plan.ts";
import { lastingRoom, roomsOf } from "./provider_room.ts";
import { takeTurns, type Turns, turnsAfter } from "./turns.ts";

export interface LaunchInput extends WishSituation, Pick<PoolInput, "nodes" | "reserved" | "turns"> {
  /** By provider: the cost of the servers that nodes being built still lack. */
  readonly promised: ReadonlyMap<string, readonly ServerCost[]>;
  /** Labels of which requests have nodes that are no longer kept for them; left out: none. */
  readonly gathering?: ReadonlySet<string>;
  /** Finds out the demand of each label apart. */
  readonly apart: Apart;
}

/** One node to be launched. */
export interface Launch extends LaunchOffer {
  readonly label: LabelConfig;
  readonly target: string;
  readonly reason: string;
}

export interface LaunchPlan {
  readonly launches: readonly Launch[];
  readonly reports: readonly LabelReport[];
  readonly turns: Turns;
  /** The work that waits and finds no room. */
  readonly shortages: readonly Shortage[];
  /** Labels of which a request has waited with some of its nodes for others, longer than any is kept for it, and out of turn. */
  readonly gathering: ReadonlySet<string>;
  /** Nodes that work waits for, by label. */
  readonly wanted: ReadonlyMap<string, number>;
  /** Labels that some provider would launch now: only their nodes can be replaced. */
  readonly offered: ReadonlySet<string>;
  /** By which it was decided, for questions about one node more. */
  readonly room: AllocationInput;
  /** When a pause or a refusal ends, so that it is worth planning again; null: none. */
  readonly until: Instant | null;
}

export function planLaunches(input: LaunchInput): LaunchPlan {
  const nodes = NodeIndex.of(input.nodes);
  const counts = countNodes(nodes);
  const providers = roomsOf({ ...input, nodes });
  const wishes = input.config.labels.filter((label) => label.minReady >= 0).flatMap((label) => {
    const wish = () => wishOf(label, input, { counts, rooms: providers });
    return input.apart.for({ kind: "label", id: label.name }, wish, null) ?? [];
  });
  const configured = new Map(input.config.providers.map((provider) => [provider.name, provider]));
  const lasting = (name: string) => lastingRoom(configured.get(name)!, { nodes, seen: input.seen.get(name) });
  const inTurn = takeTurns(wishes.map(({ ask }) => ask), input.turns);
  const first = planWithTurns({ labels: inTurn, providers, lasting }, input);
  // Those that have all on their way wait for nobody.
  const waiting = new Set(inTurn.flatMap(({ name, gathered = 0 }) => gathered > 0 ? name : []))
    .intersection(input.gathering ?? new Set());
  const gathering = waiting.difference(first.turn);
  const asks = yielding(inTurn, { to: first, gathering, turns: input.turns });
  const result = asks === inTurn ? first : planWithTurns({ labels: asks, providers, lasting }, input);
  const wishByLabel = new Map(wishes.map((wish) => [wish.label.name, wish]));
  const wishOfLabel = (name: string) => wishByLabel.get(name)!;
  const launches = result.grants.flatMap((grant) => launchesOf(grant, wishOfLabel(grant.label)));
  const short = new Set(asks.filter((ask) => missingRoom(ask, result) > 0).map(({ name }) => name));
  const keeping = result.keeping.union(waiting.intersection(first.turn));
  const turns = turnsAfter(asks, { ...result, keeping, short, turns: input.turns, now: input.now });
  return {
    launches,
    reports: result.refusals.map((refusal) => reportOf(refusal, wishOfLabel(refusal.label), result.grants)),
    offered: new Set(wishes.filter(({ offers }) => offers.size > 0).map(({ label }) => label.name)),
    turns,
    gathering,
    room: { labels: asks, providers },
    shortages: asks.flatMap((ask, at) => shortageOf(ask, { result, steps: wishes[at]!.steps })),
    wanted: new Map(wishes.map(({ label, waiting }) => [label.name, waiting])),
    until: earliest([nextChance(input), endOfTurns(turns, input.now)]),
  };
}

/** The obstacles to one node more of a label, by its providers; one that is not named would launch it. */
export function whyNoMore(name: string, { labels, providers }: AllocationInput): readonly Refusal[] {
  const asks = labels.filter((label) => label.name === name);
  const placement = new Placement(asks, providers);
  return asks.flatMap((_, position) => reasonsOf(position, { labels: asks, providers, placement }));
}

/**
 * Places that a request gathers without getting enough make room for the labels that compete for them: it asks only for
 * what they leave, and not for what it has ceded to one that still waits for it.
 */
function yielding(
  asks: LabelAsk[],
  { to, gathering, turns }: {
    to: AllocationResult;
    gathering: ReadonlySet<string>;
    turns: Turns;
  },
): LabelAsk[] {
  const short = new Map(
    asks.filter((ask) => missingRoom(ask, to) > 0).map((ask) => [ask.name, new Set(fullProviders(ask, to))]),
  );
  const rivals = [...short].filter(([name]) => !gathering.has(name)).map(([, providers]) => providers);
  const owed = owedNodes(asks);
  const yields = asks.filter((ask, at) =>
    gathering.has(ask.name) && owed[at] === 0 &&
    rivals.some((providers) => openProviders(ask).some((name) => providers.has(name)))
  );
  const ceded = cededPlaces(turns, short);
  if (yields.length === 0 && ceded.size === 0) return asks;
  return asks.map((ask) => ({
    ...ask,
    ...(yields.includes(ask) ? { demand: 0, gathered: 0, spare: ask.demand + ask.spare } : {}),
    offers: ask.offers.map(unlessKept(ask.name, ceded.get(ask.name) ?? new Map(), "ceded")),
  }));
}

/**
 * By label, then provider: to whom it has ceded room there that is short of it. Of those that have ceded room to each
 * other, however many, one may always take it: what was ceded last counts first.
 * @param short where labels could be launched that lack only the room
 */
function cededPlaces(
  turns: Turns,
  short: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const places = new Map<string, Map<string, string>>();
  const cedings = [...turns].flatMap(([from, { ceded }]) => ceded.map((each) => ({ from, ...each })));
  for (const { from, to } of cedings.sort((a, b) => b.until - a.until)) {
    for (const provider of short.get(to) ?? []) {
      if (places.get(to)?.has(provider)) continue;
      places.set(from, new Map([...places.get(from) ?? [], [provider, to]]));
    }
  }
  return places;
}

/** Nodes for which only the room is missing: they can be launched somewhere, and the label's own max-servers allow them. */
function missingRoom(ask: LabelAsk, result: AllocationResult): number {
  const missing = result.refusals.find(({ label }) => label === ask.name)?.demand ?? 0;
  const full = new Set(fullProviders(ask, result));
  const most = ask.offers.reduce(
    (sum, offer) => full.has(offer.provider) ? sum + ("cost" in offer && offer.alone ? 1 : Infinity) : sum,
    0,
  );
  return Math.max(0, Math.min(missing, most, capInNodes(ask) - (ask.demand - missing)));
}

/** Where nodes of it could be launched, were there room. */
function fullProviders(ask: LabelAsk, { grants }: AllocationResult): string[] {
  return openProviders(ask).filter((provider) => !isTried(ask, provider, grants));
}

function shortageOf(
  ask: LabelAsk,
  { result, steps }: { result: AllocationResult } & Pick<LabelWish, "steps">,
): Shortage[] {
  const nodes = missingRoom(ask, result);
  if (nodes === 0) return [];
  const granted = result.grants.filter(({ label, purpose }) => label === ask.name && purpose === "demand")
    .reduce((sum, { count }) => sum + count, 0);
  return [{
    label: ask.name,
    nodes,
    size: ask.size,
    steps: steps.map((step) => step - granted).filter((step) => step > 0 && step <= nodes),
    providers: fullProviders(ask, result),
    costs: new Map(ask.offers.flatMap((offer) => "cost" in offer ? [[offer.provider, offer.cost]] : [])),
  }];
}

function launchesOf({ provider, target, purpose, count }: Grant, wish: LabelWish): Launch[] {
  const launch: Launch = {
    ...wish.offers.get(provider)!,
    label: wish.label,
    target: target ?? "default",
    reason: wish.reasons[purpose],
  };
  return Array.from({ length: count }, () => launch);
}

function reportOf(refusal: LabelRefusal, { ask }: LabelWish, grants: readonly Grant[]): LabelReport {
  const granted = grants.filter(({ label }) => label === refusal.label)
    .reduce((sum, { count }) => sum + count, 0);
  return {
    name: refusal.label,
    wanted: refusal.demand + refusal.spare,
    // By what it wishes: what it asked for may be less, for others to come first.
    demand: Math.max(0, ask.demand - granted),
    refusals: refusal.reasons,
  };
}

function nextChance({ pauses, seen, now }: LaunchInput): Instant | null {
  const ends = [...pauses, ...[...seen.values()].map(({ refusal }) => refusal)].map((one) =>
    one?.until ?? null
  );
  return earliest(ends.filter((end) => end !== null && end > now));
}
