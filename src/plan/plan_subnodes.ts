/**
 * Subnodes that are missing while their node is being built: one whose launch failed is replaced, where its node is,
 * before anything else is launched for the pool. Pure.
 */
import { findLabel } from "../domain/hand_over.ts";
import type { LabelConfig } from "../domain/config.ts";
import type { NodeRecord } from "../domain/node.ts";
import { NodeIndex } from "../domain/node_index.ts";
import { isObstacle, type Obstacle } from "../domain/obstacle.ts";
import { pauseKey } from "../domain/pair_key.ts";
import { allocateSole, type SoleWish } from "./allocate_sole.ts";
import type { ServerCost } from "./allocation_types.ts";
import { countNodes, missingSubnodes } from "./count_nodes.ts";
import type { WishSituation } from "./label_wish.ts";
import { type LaunchOffer, offerAt } from "./offers.ts";
import type { PoolInput } from "./pool_plan.ts";
import { costOf, roomsOf } from "./provider_room.ts";

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

type SubnodesInput = Omit<WishSituation, "requests" | "targets"> & Pick<PoolInput, "nodes" | "reserved">;

/** `cap` is the label's, used without what this node misses and those after it. */
interface Wish extends SoleWish {
  readonly parent: NodeRecord;
  readonly label: LabelConfig;
  /** Whether launches of the label go ahead one at a time there. */
  readonly isProbe: boolean;
}

export function planSubnodes(input: SubnodesInput): SubnodePlan {
  const nodes = NodeIndex.of(input.nodes);
  const wishes = wishesOf({ ...input, nodes });
  if (wishes.length === 0) return { launches: [], refusals: new Map(), promised: new Map() };
  const { granted, refusals } = allocateSole(wishes, roomsOf({ ...input, nodes }));
  const probed = new Set<string>();
  const launches = wishes.flatMap(({ id, parent, label, offer, isProbe }) => {
    const key = pauseKey(parent.provider, parent.label);
    const count = probed.has(key) ? 0 : granted.get(id) ?? 0;
    if (isObstacle(offer) || count === 0) return [];
    if (isProbe) probed.add(key);
    return Array.from({ length: isProbe ? 1 : count }, () => ({ ...offer, parent, label }));
  });
  return { launches, refusals, promised: promisedTo(wishes) };
}

function wishesOf(input: SubnodesInput & { nodes: NodeIndex }): Wish[] {
  const parents = input.nodes.growing();
  if (parents.length === 0) return [];
  const counts = countNodes(input.nodes);
  const servers = new Map<string, number>();
  const wishes = parents.reverse().flatMap((parent): Wish[] => {
    const missing = missingSubnodes(parent, input.nodes);
    const provider = input.config.providers.find(({ name }) => name === parent.provider);
    const label = findLabel(input.config, parent.label);
    if (missing === 0 || provider === undefined || label === null) return [];
    // What is missing counts as used already; of these places the first node gets its own first.
    const used = (servers.get(label.name) ?? counts.label(label.name).servers) - missing;
    servers.set(label.name, used);
    const cap = label.maxServers === null ? null : { limit: label.maxServers, used };
    const { id } = parent;
    const { offer, alone } = offerAt(label, provider, { ...input, counts });
    return [{ id, provider: provider.name, parent, label, missing, cap, offer, isProbe: alone !== null }];
  });
  return wishes.reverse();
}

/** A node that is not offered now has no flavor to tell the cost from: it takes a place all the same. */
function promisedTo(wishes: readonly Wish[]): ReadonlyMap<string, readonly ServerCost[]> {
  const promised = new Map<string, ServerCost[]>();
  for (const { provider, missing, offer } of wishes) {
    const costs = Array.from({ length: missing }, () => isObstacle(offer) ? {} : costOf(offer));
    promised.set(provider, [...promised.get(provider) ?? [], ...costs]);
  }
  return promised;
}
