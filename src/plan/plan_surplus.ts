/**
 * Ready nodes above min-ready that nobody wants are given back, the oldest first: once they have been unwanted for
 * `limits.idle`, and at once where another label's requests or an image need their room. A label keeps as many ready nodes
 * as it wants, so that none is launched for one that was given back. Only nodes of this run of the daemon go: where the
 * state is a copy, those of earlier runs may be in use by what the original has handed out. Pure; `planPool` calls it.
 */
import type { Config } from "../domain/config.ts";
import type { NodeRecord } from "../domain/node.ts";
import { NodeIndex } from "../domain/node_index.ts";
import { durationText, earliest, type Instant } from "../domain/time.ts";

export interface SurplusInput {
  readonly config: Config;
  readonly now: Instant;
  readonly nodes: Iterable<NodeRecord>;
  /** Whether nodes of the provider are handed out and deleted; left out: those of any are. */
  readonly isUsable?: (provider: string) => boolean;
  /** Nodes that work waits for, by label. */
  readonly wanted: ReadonlyMap<string, number>;
  /** Since when nodes are unwanted, by id, as the planning before left it. */
  readonly unwanted: Unwanted;
  readonly shortages: readonly Shortage[];
  /** The first id that this run gave out. */
  readonly firstIdOfRun: number;
}

export type Unwanted = ReadonlyMap<number, Instant>;

/** Servers that find no room on any of the providers. */
export interface Shortage {
  readonly purpose: string;
  readonly servers: number;
  readonly providers: readonly string[];
}

interface SurplusPlan {
  /** Why each goes, by id. */
  readonly leaving: ReadonlyMap<number, string>;
  readonly unwanted: Unwanted;
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
  makeRoom(surplus, { ...input, nodes, leaving });
  return { leaving, unwanted, until: earliest(ends) };
}

/** Of each label the oldest, as many as it has more than it wants. */
function surplusOf({ nodes, config, wanted, firstIdOfRun, isUsable = () => true }: Indexed): NodeRecord[] {
  const minReady = new Map(config.labels.map((label) => [label.name, Math.max(0, label.minReady)]));
  return [...nodes.labels].flatMap(([label, { ready, readyByProvider }]) => {
    let surplus = -(minReady.get(label) ?? 0) - (wanted.get(label) ?? 0);
    for (const [provider, count] of readyByProvider) surplus += isUsable(provider) ? count : 0;
    if (surplus <= 0) return [];
    return ready.values().filter(({ id, provider }) => id >= firstIdOfRun && isUsable(provider)).take(surplus)
      .toArray();
  });
}

type Indexed = SurplusInput & { readonly nodes: NodeIndex };

/** Nodes that are being deleted make room already. A target may just have sent a job to a node that it has. */
function makeRoom(
  surplus: readonly NodeRecord[],
  { nodes, shortages, leaving, isUsable = () => true }: Indexed & { leaving: Map<number, string> },
): void {
  const usable = [...nodes.providers].filter(([name]) => isUsable(name));
  const coming = new Map(usable.map(([name, { deleting }]) => [name, deleting]));
  for (const { id, provider } of surplus) {
    if (leaving.has(id)) coming.set(provider, (coming.get(provider) ?? 0) + 1);
  }
  const free = surplus.filter(({ id, assignedAt }) => !leaving.has(id) && assignedAt === null);
  for (const { purpose, servers, providers } of shortages) {
    let missing = servers;
    for (const provider of providers) {
      const used = Math.min(missing, coming.get(provider) ?? 0);
      coming.set(provider, (coming.get(provider) ?? 0) - used);
      missing -= used;
    }
    for (const node of free) {
      if (missing <= 0) break;
      if (leaving.has(node.id) || !providers.includes(node.provider)) continue;
      leaving.set(node.id, `its room is needed for ${purpose}`);
      missing -= 1 + node.subnodeCount;
    }
  }
}
