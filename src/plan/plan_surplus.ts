/**
 * Ready nodes above min-ready that nobody wants are given back, the oldest first: once they have been unwanted for
 * `limits.idle`, and at once where another label's requests or an image need their room. A label keeps as many ready nodes
 * as it wants, so that none is launched for one that was given back. Only nodes of this run of the daemon go: where the
 * state is a copy, those of earlier runs may be in use by what the original has handed out; and of those that a target has,
 * only where no job's start can have been missed. Pure; `planPool` calls it.
 */
import { isSurelyFree } from "../domain/hand_over.ts";
import type { NodeRecord } from "../domain/node.ts";
import { NodeIndex } from "../domain/node_index.ts";
import { durationText, earliest, type Instant } from "../domain/time.ts";
import type { Resource } from "../domain/resource.ts";
import type { ServerCost } from "./allocation_types.ts";
import { isGoing } from "./being_deleted.ts";
import type { PoolInput } from "./pool_plan.ts";

export interface SurplusInput extends Pick<PoolInput, "config" | "now" | "nodes" | "heardSince"> {
  /** Whether nodes of the provider are handed out and deleted; left out: those of any are. */
  readonly isUsable?: (provider: string) => boolean;
  /** Nodes that work waits for, by label. */
  readonly wanted: ReadonlyMap<string, number>;
  /** Since when nodes are unwanted, by id, as the planning before left it. */
  readonly unwanted: Unwanted;
  /** Those that requests wait with for others, longer than any is kept for them; left out: none. */
  readonly gathered?: readonly NodeRecord[];
  readonly shortages: readonly Shortage[];
  /** The first id that this run gave out. */
  readonly firstIdOfRun: number;
  /** Of the node's own server; null: not known. Left out: a server is like another. */
  readonly costOfNode?: (node: NodeRecord) => ServerCost | null;
}

export type Unwanted = ReadonlyMap<number, Instant>;

/** Servers that find no room on any of the providers. */
export interface Shortage {
  /** Whose requests they are for; null: they are for an image. */
  readonly label: string | null;
  readonly servers: number;
  /** How many of them meet one request more, two more and so on. */
  readonly steps: readonly number[];
  readonly providers: readonly string[];
  /** By provider: what it lacks of, and how much of that each of the servers takes; left out: a server is like another. */
  readonly needs?: ReadonlyMap<string, Needs>;
}

type Needs = Readonly<Partial<Record<Resource, number>>>;

/** Room that one label's requests have gathered without getting enough, and another label's request is to have. */
export interface Ceded {
  readonly from: string;
  readonly to: string;
  readonly servers: number;
}

export interface SurplusPlan {
  /** Why each goes, by id. */
  readonly leaving: ReadonlyMap<number, string>;
  readonly unwanted: Unwanted;
  readonly ceded: readonly Ceded[];
  /** When the next one has been unwanted for long enough; null: none will be. */
  readonly until: Instant | null;
}

export function planSurplus(input: SurplusInput): SurplusPlan {
  const { now, config: { limits: { idle } } } = input;
  const nodes = NodeIndex.of(input.nodes);
  const surplus = surplusOf({ ...input, nodes });
  const unwanted = new Map(surplus.map(({ id }) => [id, input.unwanted.get(id) ?? now]));
  const leaving = new Map<number, string>();
  const ends: Instant[] = [];
  for (const { id } of surplus) {
    if (idle === null) continue;
    const end = unwanted.get(id)! + idle;
    if (end <= now) leaving.set(id, `not needed for ${durationText(idle)}`);
    else ends.push(end);
  }
  const ceded = makeRoom(surplus, { ...input, nodes, leaving });
  return { leaving, unwanted, ceded, until: earliest(ends) };
}

/** Of each label the oldest, as many as it has more than it wants. */
function surplusOf(
  { nodes, config, wanted, firstIdOfRun, heardSince = null, isUsable = () => true }: Indexed,
): NodeRecord[] {
  const mayGo = (node: NodeRecord) =>
    node.id >= firstIdOfRun && isUsable(node.provider) && isSurelyFree(node, heardSince);
  const minReady = new Map(config.labels.map((label) => [label.name, Math.max(0, label.minReady)]));
  return [...nodes.labels].flatMap(([label, { ready, readyByProvider }]) => {
    let surplus = -(minReady.get(label) ?? 0) - (wanted.get(label) ?? 0);
    for (const [provider, count] of readyByProvider) surplus += isUsable(provider) ? count : 0;
    if (surplus <= 0) return [];
    return ready.values().filter(mayGo).take(surplus).toArray();
  });
}

type Indexed = SurplusInput & { readonly nodes: NodeIndex };

/**
 * Nodes that are being deleted make room already. A target may just have sent a job to a node that it has. Where surplus
 * nodes are not enough, those that a request gathers without getting enough go too, as far as no other room is coming and
 * another request is met by it: else the one would only gather what the other did, and get no further.
 */
function makeRoom(
  surplus: readonly NodeRecord[],
  { nodes, shortages, leaving, gathered = [], firstIdOfRun, now, isUsable = () => true, costOfNode }:
    & Indexed
    & { leaving: Map<number, string> },
): Ceded[] {
  if (shortages.length === 0) return [];
  const roomFor = ({ needs, providers }: Shortage) => (node: NodeRecord): number =>
    providers.includes(node.provider) ? partOf(needs?.get(node.provider), costOfNode?.(node)) : 0;
  /** The servers that go, and how much of each no shortage counts on yet. */
  const going = [...nodes.providers].flatMap(([name, { unsettled }]) =>
    isUsable(name) ? [...unsettled.values().filter((node) => isGoing(node, now))] : []
  ).map((node) => ({ node, servers: 1, open: 1 }));
  const go = (node: NodeRecord) => going.push({ node, servers: serversOf(node), open: 1 });
  surplus.filter(({ id }) => leaving.has(id)).forEach(go);
  const coming = [...going];
  const canGo = ({ id, assignedAt, provider }: NodeRecord, { providers }: Shortage) =>
    !leaving.has(id) && assignedAt === null && providers.includes(provider);
  const giveUp = (free: readonly NodeRecord[], shortage: Shortage, missing: number): NodeRecord[] => {
    const { label } = shortage;
    const given: NodeRecord[] = [];
    for (const node of free) {
      if (missing <= ROUNDING) break;
      if (!canGo(node, shortage)) continue;
      leaving.set(node.id, `its room is needed for ${label === null ? "an image" : `label ${label}`}`);
      go(node);
      given.push(node);
      missing -= serversOf(node) * roomFor(shortage)(node);
    }
    return given;
  };
  for (const shortage of shortages) {
    let missing = shortage.servers;
    for (const one of coming) {
      if (missing <= 0) break;
      const room = one.servers * roomFor(shortage)(one.node);
      const used = Math.min(missing, one.open * room);
      if (used > 0) one.open -= used / room;
      missing -= used;
    }
    giveUp(surplus, shortage, missing);
  }
  const own = gathered.filter(({ id }) => id >= firstIdOfRun);
  return shortages.flatMap((shortage) => {
    const room = sumOf(going, ({ node, servers }) => servers * roomFor(shortage)(node));
    const free = own.filter((node) => node.label !== shortage.label && canGo(node, shortage));
    const most = room + sumOf(free, (node) => serversOf(node) * roomFor(shortage)(node));
    const wanted = shortage.steps.findLast((step) => step <= most + ROUNDING) ?? 0;
    const given = giveUp(free, shortage, wanted - room);
    const { label: to } = shortage;
    return to === null
      ? []
      : given.map((node): Ceded => ({ from: node.label, to, servers: serversOf(node) }));
  });
}

/** Sums of parts are not exact. */
const ROUNDING = 1e-6;

/** How many servers that need so much one that costs so much makes room for; where that is not known, one. */
function partOf(needs: Needs = {}, cost: ServerCost | null = null): number {
  const freed: Needs = { ...cost, maxServers: 1, instances: 1 };
  const parts = Object.entries(needs).map(([resource, need]) => (freed[resource as Resource] ?? need) / need);
  return parts.length === 0 ? 1 : Math.min(...parts);
}

function sumOf<Item>(items: readonly Item[], amount: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + amount(item), 0);
}

function serversOf({ subnodeCount }: NodeRecord): number {
  return 1 + subnodeCount;
}
