/** How many nodes there are of each kind that launching asks about: one pass over all of them. */
import { type NodeRecord, type NodeStateName, stateName } from "../domain/node.ts";

interface LabelCounts {
  /** Subnodes included, in whatever state, and those that nodes being built still miss: their places are taken. */
  servers: number;
  /** Ready, being tested or building. */
  onTheWay: number;
  /** Those whose launch may still fail; a node that only waits for its subnodes has come so far. */
  readonly launchingByProvider: Map<string, number>;
  readonly byTarget: Map<string, number>;
}

export interface NodeCounts {
  label(name: string): Readonly<LabelCounts>;
  /** Whether the provider is being asked for a server, or is about to be. */
  isAsked(provider: string): boolean;
}

export function countNodes(nodes: readonly NodeRecord[]): NodeCounts {
  const labels = new Map<string, LabelCounts>();
  const asked = new Set<string>();
  const missing = missingSubnodes(nodes);
  const prepared = preparedSubnodes(nodes);
  for (const node of nodes) {
    const counts = labels.get(node.label) ?? noNodes();
    if (counts.servers === 0) labels.set(node.label, counts);
    counts.servers += 1 + (missing.get(node.id) ?? 0);
    if (isLaunching(node, prepared.get(node.id) ?? 0)) raise(counts.launchingByProvider, node.provider);
    if (node.state.phase === "create") asked.add(node.provider);
    if (node.role === "subnode") continue;
    raise(counts.byTarget, node.target);
    if (ON_THE_WAY.has(stateName(node))) counts.onTheWay++;
  }
  return { label: (name) => labels.get(name) ?? noNodes(), isAsked: (provider) => asked.has(provider) };
}

/** How many subnodes each node that is being built still misses. */
function missingSubnodes(nodes: readonly NodeRecord[]): ReadonlyMap<number, number> {
  const missing = new Map<number, number>();
  for (const { id, subnodeCount, state } of nodes) {
    if (subnodeCount > 0 && stateName({ state }) === "building") missing.set(id, subnodeCount);
  }
  if (missing.size === 0) return missing;
  for (const node of nodes) {
    const count = missing.get(node.parentId ?? -1) ?? 0;
    if (count > 0 && stateName(node) !== "delete") missing.set(node.parentId!, count - 1);
  }
  return missing;
}

const ON_THE_WAY: ReadonlySet<NodeStateName> = new Set(["building", "test", "ready"]);

/** How many subnodes of each node can be logged in to. */
function preparedSubnodes(nodes: readonly NodeRecord[]): ReadonlyMap<number, number> {
  const prepared = new Map<number, number>();
  for (const { parentId, state } of nodes) {
    if (parentId !== null && state.phase === "prepare") {
      prepared.set(parentId, (prepared.get(parentId) ?? 0) + 1);
    }
  }
  return prepared;
}

/** @param prepared how many of its subnodes are */
function isLaunching(node: NodeRecord, prepared: number): boolean {
  if (node.state.phase === "prepare") return node.role === "node" && prepared >= node.subnodeCount;
  return stateName(node) === "building";
}

function noNodes(): LabelCounts {
  return { servers: 0, onTheWay: 0, launchingByProvider: new Map(), byTarget: new Map() };
}

function raise(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
