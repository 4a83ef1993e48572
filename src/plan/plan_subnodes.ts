/**
 * Subnodes that are missing while their node is being built: one whose launch failed is replaced, where its node is,
 * before anything else is launched for the pool. Pure.
 */
import type { LabelConfig } from "../domain/config.ts";
import type { NodeRecord } from "../domain/node.ts";
import { NodeIndex } from "../domain/node_index.ts";
import { isObstacle, type Obstacle } from "../domain/obstacle.ts";
import { pauseKey } from "../domain/pair_key.ts";
import type { QuotaUse } from "../domain/server.ts";
import { planAllocation } from "./allocation.ts";
import type { LabelAsk, ServerCost } from "./allocation_types.ts";
import { countNodes } from "./count_nodes.ts";
import { livingSubnodes } from "./groups.ts";
import { findLabel } from "./label_state.ts";
import type { WishSituation } from "./label_wish.ts";
import { type LaunchOffer, offerAt } from "./offers.ts";
import { costOf, roomOf } from "./provider_room.ts";

export interface SubnodeLaunch extends LaunchOffer {
  readonly parent: NodeRecord;
  readonly label: LabelConfig;
}

export interface SubnodePlan {
  readonly launches: readonly SubnodeLaunch[];
  /** Why subnodes of a node cannot be launched now, by the node's id. */
  readonly refusals: ReadonlyMap<number, readonly Obstacle[]>;
  /** By provider: the cost of the missing ones, launched now or waiting; new nodes must not take that. */
  readonly promised: ReadonlyMap<string, readonly ServerCost[]>;
}

interface SubnodesInput extends Omit<WishSituation, "requests" | "targets"> {
  readonly nodes: Iterable<NodeRecord>;
  /** By provider: the cost of servers for images that wait for room in the quotas; they come first. */
  readonly reserved: ReadonlyMap<string, readonly ServerCost[]>;
}

interface Wish {
  readonly parent: NodeRecord;
  readonly label: LabelConfig;
  readonly missing: number;
  readonly offer: LaunchOffer | Obstacle;
  /** The label's; `used` is without what this node misses and those after it. */
  readonly cap: QuotaUse | null;
  /** Whether launches of the label go ahead one at a time there. */
  readonly isProbe: boolean;
}

export function planSubnodes(input: SubnodesInput): SubnodePlan {
  const nodes = NodeIndex.of(input.nodes);
  const wishes = wishesOf({ ...input, nodes });
  if (wishes.length === 0) return { launches: [], refusals: new Map(), promised: new Map() };
  const { grants, refusals } = planAllocation({
    labels: wishes.map(askOf),
    providers: input.config.providers.map((provider) =>
      roomOf(provider, {
        nodes,
        seen: input.seen.get(provider.name),
        reserved: input.reserved.get(provider.name),
      })
    ),
  });
  const granted = new Map(grants.map(({ label, count }) => [label, count]));
  const launches = wishes.flatMap(({ parent, label, offer }) =>
    isObstacle(offer)
      ? []
      : Array.from({ length: granted.get(String(parent.id)) ?? 0 }, () => ({ ...offer, parent, label }))
  );
  return {
    launches: withoutCrowds(launches, wishes),
    refusals: new Map(
      refusals.map(({ label, reasons }) => [Number(label), reasons.map(({ obstacle }) => obstacle)]),
    ),
    promised: promisedTo(wishes),
  };
}

function wishesOf(input: SubnodesInput & { nodes: NodeIndex }): Wish[] {
  const parents = input.nodes.growing();
  if (parents.length === 0) return [];
  const counts = countNodes(input.nodes);
  const servers = new Map<string, number>();
  const wishes = parents.reverse().flatMap((parent): Wish[] => {
    const missing = parent.subnodeCount - livingSubnodes(input.nodes.subnodesOf(parent.id)).length;
    const provider = input.config.providers.find(({ name }) => name === parent.provider);
    const label = findLabel(input.config, parent.label);
    if (missing <= 0 || provider === undefined || label === null) return [];
    // What is missing counts as used already; of these places the first node gets its own first.
    const used = (servers.get(label.name) ?? counts.label(label.name).servers) - missing;
    servers.set(label.name, used);
    const cap = label.maxServers === null ? null : { limit: label.maxServers, used };
    return [{ parent, label, missing, cap, ...offerAt(label, provider, { ...input, counts }) }];
  });
  return wishes.reverse();
}

/** Where launches go ahead one at a time, only the first. */
function withoutCrowds(
  launches: readonly SubnodeLaunch[],
  wishes: readonly Wish[],
): readonly SubnodeLaunch[] {
  const probes = new Set(wishes.filter(({ isProbe }) => isProbe).map(({ parent }) => parent.id));
  const probed = new Set<string>();
  return launches.filter(({ parent }) => {
    const key = pauseKey(parent.provider, parent.label);
    if (!probes.has(parent.id)) return true;
    if (probed.has(key)) return false;
    probed.add(key);
    return true;
  });
}

/** Asks for the missing subnodes of one node as for the nodes of a label of its own. */
function askOf({ parent, missing, offer, cap }: Wish): LabelAsk {
  const { provider } = parent;
  return {
    name: String(parent.id),
    demand: missing,
    spare: 0,
    size: 1,
    cap,
    served: 0,
    offers: [isObstacle(offer) ? { provider, refusal: offer } : { provider, cost: costOf(offer) }],
    targets: [],
  };
}

/** A node that is not offered now has no flavor to tell the cost from: it takes a place all the same. */
function promisedTo(wishes: readonly Wish[]): ReadonlyMap<string, readonly ServerCost[]> {
  const promised = new Map<string, ServerCost[]>();
  for (const { parent: { provider }, missing, offer } of wishes) {
    const costs = Array.from({ length: missing }, () => isObstacle(offer) ? {} : costOf(offer));
    promised.set(provider, [...promised.get(provider) ?? [], ...costs]);
  }
  return promised;
}
