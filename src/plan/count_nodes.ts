/** How many nodes there are of each kind that launching asks about: one pass over all of them. */
import { type NodeRecord, stateName } from "../domain/node.ts";

export interface LabelCounts {
  /** In whatever state. */
  all: number;
  /** Ready or building. */
  onTheWay: number;
  readonly buildingByProvider: Map<string, number>;
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
  for (const node of nodes) {
    const counts = labels.get(node.label) ?? noNodes();
    if (counts.all === 0) labels.set(node.label, counts);
    const state = stateName(node);
    counts.all++;
    raise(counts.byTarget, node.target);
    if (state === "ready" || state === "building") counts.onTheWay++;
    if (state === "building") raise(counts.buildingByProvider, node.provider);
    if (node.state.phase === "create") asked.add(node.provider);
  }
  return { label: (name) => labels.get(name) ?? noNodes(), isAsked: (provider) => asked.has(provider) };
}

function noNodes(): LabelCounts {
  return { all: 0, onTheWay: 0, buildingByProvider: new Map(), byTarget: new Map() };
}

function raise(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
