/** The wish of a label at this moment, and the offers of its providers. */
import type { Config, LabelConfig } from "../domain/config.ts";
import { isObstacle, type Obstacle } from "../domain/obstacle.ts";
import type { NodeRequest } from "../domain/request.ts";
import type { TargetState } from "../domain/target_state.ts";
import type { Moment } from "../domain/time.ts";
import { capInNodes } from "./allocation_debts.ts";
import { Placement } from "./allocation_placement.ts";
import type { LabelAsk, Offer, ProviderRoom } from "./allocation_types.ts";
import type { NodeCounts } from "./count_nodes.ts";
import type { CurrentImages } from "../domain/current_images.ts";
import { type LaunchOffer, offerAt } from "./offers.ts";
import type { PoolInput } from "./pool_plan.ts";
import { costOf } from "./provider_room.ts";

export interface LabelWish {
  readonly label: LabelConfig;
  readonly ask: LabelAsk;
  /** Nodes that requests and jobs in queues wait for. */
  readonly waiting: number;
  /** How many nodes more meet one more request or job, two more and so on: the smallest first. */
  readonly steps: readonly number[];
  /** By provider; one that offers nothing is missing. */
  readonly offers: ReadonlyMap<string, LaunchOffer>;
  readonly reasons: { readonly demand: string; readonly spare: string };
}

export interface WishSituation extends
  Moment,
  Pick<
    PoolInput,
    "config" | "pauses" | "seen" | "order" | "targets" | "demand" | "faults" | "launchesNothing"
  > {
  /** Those that still wait. */
  readonly requests: readonly NodeRequest[];
  readonly current: CurrentImages;
}

/** More jobs of a queue than a pool has nodes at once; a Gearman server that counts wrong reports billions. */
const MOST_JOBS = 10_000;

export function wishOf(
  label: LabelConfig,
  situation: WishSituation,
  { counts, rooms }: { counts: NodeCounts; rooms: readonly ProviderRoom[] },
): LabelWish {
  const { config, requests, targets } = situation;
  const own = counts.label(label.name);
  const have = own.onTheWay;
  const jobs = Math.min(MOST_JOBS, situation.demand.get(label.name) ?? 0);
  const asking = requests.filter((request) => request.label === label.name).sort((a, b) => a.id - b.id)
    .map(({ count }) => count).concat(Array.from({ length: jobs }, () => 1));
  const waiting = asking.reduce((sum, count) => sum + count, 0);
  const { asked, failing, ...offered } = offersFor(label, situation, counts);
  // The one launch that tries a failing provider may come to nothing: who waits is not to wait for it where others offer.
  const isElsewhere = asked.some((offer) => "cost" in offer && !failing.has(offer.provider));
  const sure = isElsewhere
    ? have - failing.keys().filter((name) => own.launchingByProvider.get(name)).toArray().length
    : have;
  const demand = Math.max(0, waiting - sure);
  const steps = stepsOf(asking, sure);
  const ask: LabelAsk = {
    name: label.name,
    demand,
    steps: asking.every((count) => count === 1) ? undefined : steps,
    gathered: steps.length === 0 ? 0 : asking.at(-steps.length)! - steps[0]!,
    spare: Math.max(0, waiting + label.minReady - have - demand),
    size: 1 + label.subnodes,
    cap: label.maxServers === null ? null : { limit: label.maxServers, used: own.servers },
    served: 0,
    offers: asked,
    targets: config.targets.filter(({ name }) => targets.get(name)?.online !== false)
      .map(({ name }) => ({ name, load: own.byTarget.get(name) ?? 0 })),
  };
  return {
    label,
    waiting,
    steps: stepsOf(asking.toSorted((a, b) => a - b), sure),
    ...offered,
    reasons: {
      demand: `${waiting} requested, have ${sure}`,
      spare: `min-ready ${label.minReady}, have ${have}${waiting > 0 ? `, ${waiting} requested` : ""}`,
    },
    ask: isElsewhere ? surely(ask, { failing, rooms }) : ask,
  };
}

/** The last places that the label's own max-servers leave are not for trying failing providers while others have room. */
function surely(
  ask: LabelAsk,
  { failing, rooms }: { failing: ReadonlyMap<string, Obstacle>; rooms: readonly ProviderRoom[] },
): LabelAsk {
  const places = capInNodes(ask);
  if (failing.size === 0 || places === 0 || places > ask.demand + ask.spare) return ask;
  const offers = ask.offers.map((offer) => {
    const refusal = "cost" in offer ? failing.get(offer.provider) : undefined;
    return refusal === undefined ? offer : { provider: offer.provider, refusal };
  });
  const elsewhere = { ...ask, offers };
  return new Placement([elsewhere], rooms).place(0, places) === places ? elsewhere : ask;
}

function stepsOf(asking: readonly number[], have: number): number[] {
  let sum = -have;
  return asking.map((count) => sum += count).filter((missing) => missing > 0);
}

function offersFor(
  label: LabelConfig,
  { launchesNothing, targets, ...situation }: WishSituation,
  counts: NodeCounts,
): Pick<LabelWish, "offers"> & {
  asked: Offer[];
  failing: ReadonlyMap<string, Obstacle>;
} {
  const { config } = situation;
  const refusal = launchesNothing ?? whyNoTarget(config, targets);
  const found = config.providers.filter(({ name }) => label.providers.includes(name)).map((provider) => {
    const at = offerAt(label, provider, { ...situation, counts });
    return { ...at, provider: provider.name, offer: refusal ?? at.offer };
  });
  return {
    asked: found.map(({ provider, offer, alone }): Offer => {
      if (isObstacle(offer)) return { provider, refusal: offer };
      return { provider, cost: costOf(offer), ...(alone === null ? {} : { alone }) };
    }),
    offers: new Map(
      found.flatMap(({ provider, offer }) => isObstacle(offer) ? [] : [[provider, offer] as const]),
    ),
    failing: new Map(found.flatMap(({ provider, failing }) => failing === null ? [] : [[provider, failing]])),
  };
}

/** Why no target takes nodes; null: one does, or nodes go to none. */
function whyNoTarget({ targets }: Config, seen: ReadonlyMap<string, TargetState>): Obstacle | null {
  if (targets.length === 0) return null;
  const offline: { name: string; reason: string }[] = [];
  for (const { name } of targets) {
    const state = seen.get(name);
    if (state === undefined || state.online) return null;
    offline.push({ name, reason: state.reason });
  }
  return { kind: "target-offline", targets: offline };
}
