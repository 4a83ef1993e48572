/**
 * How many nodes of which label to launch where: what is asked for against what is there, distributed by the
 * allocation over what each provider offers and has room for. Called by `planPool`.
 */
import type { LabelConfig } from "../domain/config.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { LabelReport } from "../domain/pool_report.ts";
import type { Instant } from "../domain/time.ts";
import { planAllocation } from "./allocation.ts";
import type { AllocationResult, Grant, Refusal, ServerCost } from "./allocation_types.ts";
import { countNodes } from "./count_nodes.ts";
import { type LabelWish, wishOf, type WishSituation } from "./label_wish.ts";
import type { LaunchOffer } from "./offers.ts";
import { roomOf } from "./provider_room.ts";

export interface LaunchInput extends WishSituation {
  readonly nodes: readonly NodeRecord[];
  /** By provider: what servers for images cost that wait for room in the quotas; they come first. */
  readonly reserved: ReadonlyMap<string, readonly ServerCost[]>;
  /** By provider: what the servers cost that nodes being built still miss. */
  readonly promised: ReadonlyMap<string, readonly ServerCost[]>;
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
  readonly starved: ReadonlyMap<string, number>;
  /** Labels that some provider would launch now: only their nodes can be replaced. */
  readonly offered: ReadonlySet<string>;
  /** When a pause or a refusal ends, so that it is worth planning again; null: none. */
  readonly until: Instant | null;
}

export function planLaunches(input: LaunchInput): LaunchPlan {
  const counts = countNodes(input.nodes);
  const wishes = input.config.labels
    .filter((label) => label.minReady >= 0)
    .map((label) => wishOf(label, input, counts));
  const result = planAllocation({
    labels: wishes.map(({ ask }) => ask),
    providers: input.config.providers.map((provider) =>
      roomOf(provider, {
        nodes: input.nodes,
        seen: input.seen.get(provider.name),
        reserved: input.reserved.get(provider.name),
        promised: input.promised.get(provider.name),
      })
    ),
  });
  const wishByLabel = new Map(wishes.map((wish) => [wish.label.name, wish]));
  const granted = new Map<string, number>();
  return {
    launches: result.grants.flatMap((grant) => launchesOf(grant, wishByLabel.get(grant.label), granted)),
    reports: result.refusals.map(reportOf),
    offered: new Set(wishes.filter(({ offers }) => offers.size > 0).map(({ label }) => label.name)),
    starved: starvedAfter(result, input.starved),
    until: nextChance(input),
  };
}

/** The launches of one grant; where launches go ahead one at a time, only the first. */
function launchesOf(grant: Grant, wish: LabelWish | undefined, granted: Map<string, number>): Launch[] {
  const offer = wish?.offers.get(grant.provider);
  if (wish === undefined || offer === undefined) return [];
  const key = `${grant.label} ${grant.provider}`;
  const before = granted.get(key) ?? 0;
  const count = wish.probing.has(grant.provider)
    ? Math.min(grant.count, 1 - Math.min(before, 1))
    : grant.count;
  granted.set(key, before + count);
  const launch: Launch = {
    ...offer,
    label: wish.label,
    target: grant.target ?? "default",
    reason: wish.reasons[grant.purpose],
  };
  return Array.from({ length: count }, () => launch);
}

function reportOf(refusal: Refusal): LabelReport {
  return {
    name: refusal.label,
    wanted: refusal.demand + refusal.spare,
    refusals: refusal.reasons,
  };
}

/** Where nobody got anything, nobody was passed over. */
function starvedAfter(
  { grants, refusals }: AllocationResult,
  before: ReadonlyMap<string, number>,
): Map<string, number> {
  const starved = refusals.filter((refusal) => refusal.starved);
  const more = grants.length > 0 ? 1 : 0;
  return new Map(starved.map(({ label }) => [label, (before.get(label) ?? 0) + more]));
}

function nextChance({ pauses, seen, now }: LaunchInput): Instant | null {
  const ends = [
    ...pauses.map(({ until }) => until),
    ...[...seen.values()].map(({ refusal }) => refusal?.until ?? null),
  ].filter((end): end is Instant => end !== null && end > now);
  return ends.length === 0 ? null : Math.min(...ends);
}
