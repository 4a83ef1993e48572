/**
 * The server that came of a node's request, where no answer told its id: it is marked with the node, has the name
 * that was asked for, and no other record names it. Marks alone can be edited by anybody.
 */
import { claimantOf } from "../domain/claims.ts";
import type { Server } from "../domain/server.ts";
import type { NodeSituation } from "./node_step.ts";

/** null: none was seen. */
export function findOwnServer(
  { node, nodes, images, seen }: Pick<NodeSituation, "node" | "nodes" | "images" | "seen">,
): Server | null {
  const owner = { type: "node", node } as const;
  return seen.inventory.serversOfNode(node.id).find(({ id, name }) =>
    name === node.hostname &&
    claimantOf({ kind: "server", provider: node.provider, id }, { nodeIndex: nodes, images }, owner) === null
  ) ?? null;
}
