/**
 * Ready nodes above min-ready that nobody wants are given back, the oldest first: once they have been unwanted for
 * `limits.idle`, and at once where another label's requests or an image need their room. Those within min-ready go for that,
 * too, once they have been ready for ten minutes. A label keeps as many ready nodes as it wants for work, so that none is
 * launched for one that was given back. Only nodes of this run of the daemon go: where the
 * state is a copy, those of earlier runs may be in use by what the original has handed out; and of those that a target has,
 * only where no job's start can have been missed. Pure; `planPool` calls it.
 */
import { mayBeDeleted } from "../domain/hand_over.ts";
import type { NodeRecord } from "../domain/node.ts";
import { NodeIndex } from "../domain/node_index.ts";
import { durationText, earliest, type Instant, MINUTE } from "../domain/time.ts";
import type { ServerCost } from "./allocation_types.ts";
import { isGoing } from "./being_deleted.ts";
import { FreeRoom, type Needs, needsOf } from "./free_room.ts";
import type { PoolInput } from "./pool_plan.ts";

export interface SurplusInput extends Pick<PoolInput, "config" | "now" | "nodes" | "heardSince"> {
  /** Whether nodes of the provider are handed out and deleted. */
  readonly isUsable: (provider: string) => boolean;
  /** Nodes that work waits for, by label. */
  readonly wanted: ReadonlyMap<string, number>;
  /** Since when nodes are unwanted, by id, as the planning before left it. */
  readonly unwanted: Unwanted;
  /** Those that requests wait with for others, longer than any is kept for them. */
  readonly gathered: readonly NodeRecord[];
  readonly shortages: readonly Shortage[];
  /** By provider: what is free now. */
  readonly rooms: ReadonlyMap<string, FreeRoom>;
  /** The first id that this run gave out. */
  readonly firstIdOfRun: number;
  /** Of the node's own server; null: not known. */
  readonly costOfNode: (node: NodeRecord) => ServerCost | null;
}

export type Unwanted = ReadonlyMap<number, Instant>;

/** Nodes, or servers for an image, that find no room on any of the providers. */
export interface Shortage {
  /** Whose requests they are for; null: they are for an image. */
  readonly label: string | null;
  readonly nodes: number;
  /** Servers in each. */
  readonly size: number;
  /** How many of them meet one request more, two more and so on. */
  readonly steps: readonly number[];
  readonly providers: readonly string[];
  /** By provider: what one of the servers takes. */
  readonly costs: ReadonlyMap<string, ServerCost>;
}

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
  const { now, shortages, gathered, config: { labels, limits: { idle } } } = input;
  const nodes = NodeIndex.of(input.nodes);
  const minReady = new Map(labels.map((label) => [label.name, Math.max(0, label.minReady)]));
  const surplus = surplusOf({ ...input, nodes }, minReady);
  const unwanted = new Map(surplus.map(({ id }) => [id, input.unwanted.get(id) ?? now]));
  const leaving = new Map<number, string>();
  const ends: Instant[] = [];
  for (const { id } of surplus) {
    if (idle === null) continue;
    const end = unwanted.get(id)! + idle;
    if (end <= now) leaving.set(id, `not needed for ${durationText(idle)}`);
    else ends.push(end);
  }
  const spare = shortages.length === 0 ? [] : surplusOf({ ...input, nodes }, new Map());
  const { true: rested = [], false: fresh = [] } = Object.groupBy(
    spare,
    ({ stateSince }) => stateSince + RESTS_FOR <= now ? "true" : "false",
  );
  ends.push(...fresh.map(({ stateSince }) => stateSince + RESTS_FOR));
  const ceded = makeRoom(surplus, { ...input, gathered: [...rested, ...gathered], nodes, leaving });
  return { leaving, unwanted, ceded, until: earliest(ends) };
}

/** A node of min-ready is there for its own label alone until it has been ready for so long. */
const RESTS_FOR = 10 * MINUTE;

/** Of each label the oldest, as many as it has more than it wants. @param minReady by label */
function surplusOf(
  { nodes, config, wanted, firstIdOfRun, heardSince = new Map(), isUsable }: Indexed,
  minReady: ReadonlyMap<string, number>,
): NodeRecord[] {
  const mayGo = (node: NodeRecord) =>
    node.id >= firstIdOfRun && isUsable(node.provider) && mayBeDeleted(node, { config, heardSince });
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
 * nodes are not enough, rested ones and those that a request gathers without getting enough go too, as far as no other room
 * is coming and another request is met by it: else the one would only gather what the other did, and get no further. None
 * goes that does not help to complete the room for one node more.
 */
function makeRoom(
  surplus: readonly NodeRecord[],
  { nodes, shortages, leaving, rooms, gathered, firstIdOfRun, now, isUsable, costOfNode }: Indexed & {
    leaving: Map<number, string>;
  },
): Ceded[] {
  if (shortages.length === 0) return [];
  const room = new RoomToCome(rooms, costOfNode);
  for (const [name, { unsettled }] of nodes.providers) {
    if (!isUsable(name)) continue;
    for (const node of unsettled.values()) if (isGoing(node, now)) room.free(node, 1);
  }
  for (const node of surplus) if (leaving.has(node.id)) room.free(node);
  const giveUp = (
    free: readonly NodeRecord[],
    { shortage, missing, within }: { shortage: Shortage; missing: number; within: RoomToCome },
  ) => {
    const given = within.complete(shortage, free.filter((node) => mayGo(node)), missing);
    const what = shortage.label === null ? "an image" : `label ${shortage.label}`;
    for (const node of given) {
      leaving.set(node.id, `its room is needed for ${what}`);
      room.free(node);
    }
    return given;
  };
  const mayGo = ({ id, assignedAt }: NodeRecord) => !leaving.has(id) && assignedAt === null;
  // No two of them count on the same room.
  const open = room.copy();
  for (const shortage of shortages) {
    const missing = shortage.nodes - open.take(shortage, shortage.nodes);
    giveUp(surplus, { shortage, missing, within: open });
    open.take(shortage, missing);
  }
  const completed = new Set(
    shortages.filter((each) => room.fits(each) >= (each.steps[0] ?? Infinity)).map(({ label }) => label),
  );
  const own = gathered.filter(({ id, label }) => id >= firstIdOfRun && !completed.has(label));
  return shortages.flatMap((shortage) => {
    const { label: to, steps } = shortage;
    const free = own.filter((node) => node.label !== to && mayGo(node));
    const most = room.copy();
    for (const node of free) most.free(node);
    const wanted = steps.findLast((step) => step <= most.fits(shortage)) ?? 0;
    const given = giveUp(free, { shortage, missing: wanted - room.fits(shortage), within: room.copy() });
    return to === null
      ? []
      : given.map((node): Ceded => ({ from: node.label, to, servers: serversOf(node) }));
  });
}

/** The room on each provider once nodes that are to go have gone. */
class RoomToCome {
  readonly #rooms: ReadonlyMap<string, FreeRoom>;

  constructor(rooms: ReadonlyMap<string, FreeRoom>, readonly costOf: SurplusInput["costOfNode"]) {
    this.#rooms = new Map(rooms.entries().map(([name, room]) => [name, room.copy()]));
  }

  copy(): RoomToCome {
    return new RoomToCome(this.#rooms, this.costOf);
  }

  free(node: NodeRecord, servers = serversOf(node)): void {
    this.#at(node.provider).free(this.costOf(node), servers);
  }

  fits(shortage: Shortage): number {
    return shortage.providers.reduce((sum, name) => sum + this.#at(name).fits(needsThere(shortage, name)), 0);
  }

  /** @returns for how many of them, at most that many, there was room */
  take(shortage: Shortage, most: number): number {
    let left = most;
    for (const name of shortage.providers) {
      const needs = needsThere(shortage, name);
      const taken = Math.min(left, this.#at(name).fits(needs));
      if (taken > 0) this.#at(name).take(needs, taken);
      left -= taken;
    }
    return most - left;
  }

  /** Frees nodes until there is room for that many more, where they can make it. @returns the nodes */
  complete(shortage: Shortage, free: readonly NodeRecord[], missing: number): NodeRecord[] {
    if (missing <= 0) return [];
    const byProvider = new Map(
      [...Map.groupBy(free, ({ provider }) => provider)].map(([name, nodes]) => [name, new Set(nodes)]),
    );
    const places = new Map(free.map((node, at) => [node, at]));
    const next = new Map<string, readonly NodeRecord[]>();
    const look = (name: string) =>
      next.set(name, this.#nextToGo(shortage, name, byProvider.get(name) ?? new Set()));
    const given: NodeRecord[] = [];
    shortage.providers.forEach(look);
    for (let before = this.fits(shortage), made = 0; made < missing; made = this.fits(shortage) - before) {
      const [best] = [...next.values()].filter(({ length }) => length > 0)
        .sort((a, b) => a.length - b.length || places.get(a[0]!)! - places.get(b[0]!)!);
      if (best === undefined) break;
      const [{ provider }] = best as [NodeRecord];
      given.push(...best);
      for (const node of best) {
        this.free(node);
        byProvider.get(provider)!.delete(node);
      }
      look(provider);
    }
    return given;
  }

  /** The first nodes that make room for one more there, without those that are not needed for it; none: all are too few. */
  #nextToGo(shortage: Shortage, name: string, nodes: ReadonlySet<NodeRecord>): readonly NodeRecord[] {
    const needs = needsThere(shortage, name);
    const room = this.#at(name).copy();
    const enough = room.fits(needs) + 1;
    const first: NodeRecord[] = [];
    for (const node of nodes) {
      first.push(node);
      room.free(this.costOf(node), serversOf(node));
      if (room.fits(needs) >= enough) break;
    }
    if (room.fits(needs) < enough) return [];
    return first.filter((node) => {
      const without = room.copy();
      without.free(this.costOf(node), -serversOf(node));
      if (without.fits(needs) < enough) return true;
      room.free(this.costOf(node), -serversOf(node));
      return false;
    });
  }

  #at(name: string): FreeRoom {
    return this.#rooms.get(name)!;
  }
}

/** The room that one of them takes there. */
function needsThere({ label, size, costs }: Shortage, provider: string): Needs {
  return needsOf(costs.get(provider)!, size, label !== null);
}

function serversOf({ subnodeCount }: NodeRecord): number {
  return 1 + subnodeCount;
}
