/**
 * Servers with our marks whose node this state does not know there, in the pool or among those that have ended: who
 * works on them cannot be told. They are reported to people and never deleted. Pure.
 */
import { type NodeRecord, serverIdOf } from "../domain/node.ts";
import type { Observation } from "../domain/observation.ts";

interface UnknownServer {
  readonly id: string;
  readonly name: string;
  /** The node that it is marked with. */
  readonly nodeId: number;
}

/** The nodes that a state knows: by id, those in the pool and those that have ended. */
export interface KnownNodes {
  readonly nodes: ReadonlyMap<number, NodeRecord>;
  readonly ended: ReadonlyMap<number, NodeRecord>;
}

/**
 * The node that a mark on that provider speaks of; null: none that we had. One of that id on another provider is
 * another node: while a cloud was out of reach its ids may have been reused.
 */
export function knownNode(nodeId: number, provider: string, { nodes, ended }: KnownNodes): NodeRecord | null {
  const node = nodes.get(nodeId) ?? ended.get(nodeId);
  return node?.provider === provider ? node : null;
}

export function findUnknownServers(
  { inventory }: Pick<Observation, "inventory">,
  { provider, ...known }: KnownNodes & { readonly provider: string },
): readonly UnknownServer[] {
  const ours = new Set([...known.nodes.values()].map(serverIdOf));
  return [...inventory.nodeIds()]
    .filter((nodeId) => knownNode(nodeId, provider, known) === null)
    .sort((a, b) => a - b)
    .flatMap((nodeId) =>
      inventory.serversOfNode(nodeId).filter(({ id }) => !ours.has(id)).map(({ id, name }) => ({
        id,
        name,
        nodeId,
      }))
    );
}
