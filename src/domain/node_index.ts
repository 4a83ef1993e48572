/**
 * The nodes of the pool with all that is counted over them: by label, by provider, by group and by server. Kept by each
 * change, so that asking costs nothing however many there are; what it says is what counting the same nodes from nothing
 * says. The ledger keeps one; planning counts on it how things will be, and takes that back.
 */
import { ChangeLog } from "./change_log.ts";
import { namesIn } from "./claims.ts";
import { type NodeRecord, stateName } from "./node.ts";
import { SortedRecords } from "./sorted_records.ts";

/** The nodes of one label. */
export class LabelNodes {
  /** Subnodes included, in whatever state. */
  servers = 0;
  /** Ready, being tested or building; subnodes do not count. */
  onTheWay = 0;
  /** Those whose launch may still fail, by provider; nodes that wait for their subnodes count. */
  readonly launchingByProvider = new Map<string, number>();
  readonly byTarget = new Map<string, number>();
  /** Ready ones that can be handed out, as far as they are on no target, by provider. */
  readonly freeByProvider = new Map<string, number>();
  readonly readyByProvider = new Map<string, number>();
  /** The ready ones, oldest first; subnodes are not among them. */
  readonly ready = new SortedRecords<NodeRecord>(({ stateSince }) => stateSince);
}

/** The nodes on one provider. */
export class ProviderNodes {
  readonly all = new Map<number, NodeRecord>();
  /** Neither ready nor in use. */
  readonly unsettled = new Map<number, NodeRecord>();
  /** Those that count against max-servers: not there for an image. */
  pooled = 0;
  /** In phase `create`. */
  asking = 0;
  withFloatingIp = 0;
  /** By flavor, by when their server was asked for; those that are yet to be asked for come last. */
  readonly bySending = new Map<string, SortedRecords<NodeRecord>>();
  /** By when they had their floating IP, where they have one; those that may yet get one come last. */
  readonly byAddress = new SortedRecords<NodeRecord>(addressedAt);
  /** Those that have booted in this state, by when they were ACTIVE. */
  readonly booted = new SortedRecords<NodeRecord>(({ timings }) => timings.address ?? 0);
  /** The same, the fastest first. */
  readonly byBootTime = new SortedRecords<NodeRecord>((node) => bootTime(node) ?? Infinity);
}

export class NodeIndex implements Iterable<NodeRecord> {
  /** An index is taken as it is. */
  static of(nodes: Iterable<NodeRecord>): NodeIndex {
    return nodes instanceof NodeIndex ? nodes : new NodeIndex(nodes);
  }

  /** Ids of nodes that have changed, or a node of their group; what is only counted on does not count. */
  readonly changes = new ChangeLog<number>();
  readonly #nodes = new Map<number, NodeRecord>();
  readonly #labels = new Map<string, LabelNodes>();
  readonly #providers = new Map<string, ProviderNodes>();
  readonly #images = new Map<string, number>();
  /** By the names under which they are looked up. */
  readonly #named = new Map<string, readonly NodeRecord[]>();
  readonly #subnodes = new Map<number, readonly NodeRecord[]>();
  readonly #growing = new Map<number, NodeRecord>();
  readonly #workers = new Map<number, NodeRecord>();

  private constructor(nodes: Iterable<NodeRecord>) {
    for (const node of nodes) this.#replace(node.id, node);
  }

  get size(): number {
    return this.#nodes.size;
  }

  [Symbol.iterator](): IterableIterator<NodeRecord> {
    return this.#nodes.values();
  }

  /** By id. */
  get byId(): ReadonlyMap<number, NodeRecord> {
    return this.#nodes;
  }

  get labels(): ReadonlyMap<string, LabelNodes> {
    return this.#labels;
  }

  get providers(): ReadonlyMap<string, ProviderNodes> {
    return this.#providers;
  }

  /** The names of that kind among all nodes, each once. */
  names(of: "image" | "provider" | "label"): string[] {
    if (of === "image") return [...this.#images.keys()];
    if (of === "label") return [...this.#labels].flatMap(([name, { servers }]) => servers > 0 ? name : []);
    return [...this.#providers].flatMap(([name, { all }]) => all.size > 0 ? name : []);
  }

  label(name: string): LabelNodes {
    return this.#labels.get(name) ?? new LabelNodes();
  }

  provider(name: string): ProviderNodes {
    return this.#providers.get(name) ?? new ProviderNodes();
  }

  /** The nodes whose record names it, by id; see `namesIn`. */
  naming(name: string): readonly NodeRecord[] {
    return this.#named.get(name) ?? NONE;
  }

  /** The subnodes of a node, those that are being deleted included. */
  subnodesOf(nodeId: number): readonly NodeRecord[] {
    return this.#subnodes.get(nodeId) ?? NONE;
  }

  /** The node that a subnode goes with; null: it is gone, or it is no subnode. */
  nodeOf({ parentId }: Pick<NodeRecord, "parentId">): NodeRecord | null {
    const node = this.#nodes.get(parentId ?? -1);
    return node === undefined || node.subnodeCount === 0 ? null : node;
  }

  /** Nodes with subnodes that are being built, by id. */
  growing(): NodeRecord[] {
    return [...this.#growing.values()].sort((a, b) => a.id - b.id);
  }

  /** Those that are there for an image. */
  get workers(): Iterable<NodeRecord> {
    return this.#workers.values();
  }

  /** @param next null: it is gone */
  put(id: number, next: NodeRecord | null): void {
    const before = this.#nodes.get(id);
    this.#replace(id, next);
    const group = [before?.parentId ?? null, next?.parentId ?? null].filter((one) => one !== null);
    for (const one of [id, ...group, ...this.subnodesOf(id).map((node) => node.id)]) this.changes.add(one);
  }

  /** Counts as if these were as they are here, until what is returned is disposed of. */
  assume(nodes: Iterable<{ readonly id: number; readonly next: NodeRecord | null }>): Disposable {
    const before: (readonly [number, NodeRecord | null])[] = [];
    const takeBack = () => {
      for (const [id, node] of before.reverse()) this.#replace(id, node);
    };
    for (const { id, next } of nodes) {
      before.push([id, this.#nodes.get(id) ?? null]);
      this.#replace(id, next);
    }
    return { [Symbol.dispose]: takeBack };
  }

  #replace(id: number, next: NodeRecord | null): void {
    const before = this.#nodes.get(id);
    if (before === next) return;
    this.#sort(before, next);
    if (before !== undefined) this.#count(before, -1);
    if (next === null) this.#nodes.delete(id);
    else this.#nodes.set(id, next);
    if (next !== null) this.#count(next, 1);
  }

  /** Most changes leave a node where it is in most lists. */
  #sort(before: NodeRecord | undefined, next: NodeRecord | null): void {
    const lists = next === null ? NONE : this.#listsOf(next);
    const listsBefore = before === undefined ? NONE : this.#listsOf(before);
    for (const list of listsBefore) list.replace(before!, lists.includes(list) ? next : null);
    for (const list of lists) if (!listsBefore.includes(list)) list.add(next!);
  }

  /** The sorted lists that a node is in. */
  #listsOf(node: NodeRecord): readonly SortedRecords<NodeRecord>[] {
    const { bySending, byAddress, booted, byBootTime } = this.#providerOf(node);
    return [
      ...(node.role === "node" && stateName(node) === "ready" ? [this.#labelOf(node).ready] : NONE),
      bySending.getOrInsertComputed(node.flavorId, () => new SortedRecords(sentAt)),
      byAddress,
      ...(bootTime(node) === null ? NONE : [booted, byBootTime]),
    ];
  }

  #labelOf({ label }: NodeRecord): LabelNodes {
    return this.#labels.getOrInsertComputed(label, () => new LabelNodes());
  }

  #providerOf({ provider }: NodeRecord): ProviderNodes {
    return this.#providers.getOrInsertComputed(provider, () => new ProviderNodes());
  }

  #count(node: NodeRecord, by: 1 | -1): void {
    const state = stateName(node);
    countForLabel(this.#labelOf(node), { node, state, by });
    countForProvider(this.#providerOf(node), { node, state, by });
    raise(this.#images, node.image, by);
    for (const name of namesIn(node)) list(this.#named, name, { node, by });
    if (node.parentId !== null) list(this.#subnodes, node.parentId, { node, by });
    if (node.subnodeCount > 0 && state === "building") enter(this.#growing, { node, by });
    if (node.providerImageId !== null) enter(this.#workers, { node, by });
  }
}

interface Counted {
  readonly node: NodeRecord;
  readonly state: ReturnType<typeof stateName>;
  readonly by: 1 | -1;
}

function countForLabel(own: LabelNodes, { node, state, by }: Counted): void {
  own.servers += by;
  if (isLaunching(node)) raise(own.launchingByProvider, node.provider, by);
  if (node.role === "subnode") return;
  raise(own.byTarget, node.target, by);
  if (state === "building" || state === "test" || state === "ready") own.onTheWay += by;
  if (node.role !== "node" || state !== "ready") return;
  raise(own.readyByProvider, node.provider, by);
  if (node.assignedAt === null) raise(own.freeByProvider, node.provider, by);
}

function countForProvider(own: ProviderNodes, { node, state, by }: Counted): void {
  enter(own.all, { node, by });
  if (state !== "ready" && state !== "used") enter(own.unsettled, { node, by });
  if (node.providerImageId === null) own.pooled += by;
  if (node.state.phase === "create") own.asking += by;
  if (node.floatingIp !== null) own.withFloatingIp += by;
}

/** From a server's being asked for to its being ACTIVE; null: it is not, or has not been in this state. */
export function bootTime({ timings }: NodeRecord): number | null {
  return timings.address === undefined || timings.boot === undefined ? null : timings.address - timings.boot;
}

function sentAt({ state, timings }: NodeRecord): number {
  return state.phase === "create" ? Infinity : timings.boot ?? 0;
}

function addressedAt(node: NodeRecord): number {
  if (node.floatingIp !== null) return node.timings.login ?? 0;
  return stateName(node) === "building" ? Infinity : -Infinity;
}

function isLaunching(node: NodeRecord): boolean {
  if (node.state.phase === "prepare") return node.role === "node";
  return stateName(node) === "building";
}

const NONE: readonly never[] = [];

function raise(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

function enter(records: Map<number, NodeRecord>, { node, by }: Pick<Counted, "node" | "by">): void {
  if (by > 0) records.set(node.id, node);
  else records.delete(node.id);
}

function list<Key>(
  lists: Map<Key, readonly NodeRecord[]>,
  key: Key,
  { node, by }: Pick<Counted, "node" | "by">,
): void {
  const others = (lists.get(key) ?? NONE).filter(({ id }) => id !== node.id);
  const all = by > 0 ? [...others, node].sort((a, b) => a.id - b.id) : others;
  if (all.length === 0) lists.delete(key);
  else lists.set(key, all);
}
