/** The nodes that a request was granted, with all that is needed to log in to them. */
import * as v from "valibot";
import type { Config } from "../domain/config.ts";
import { type NodeRecord, serverIdOf } from "../domain/node.ts";
import { NodeIndex } from "../domain/node_index.ts";
import { ansibleGroups } from "./ansible_groups.ts";
import { addressEntries, connectionViewSchema, viewAddresses, viewConnection } from "./connection.ts";
import { VIEW_VERSION } from "./view_head.ts";
import { number, rows, since0_4, string, stringOrNull } from "./view_schema.ts";

const acquiredSubnodeSchema = v.object({
  id: number,
  hostname: string,
  server_id: stringOrNull,
  ...addressEntries,
  connection: v.nullable(connectionViewSchema),
});

const acquiredNodeSchema = v.object({
  ...acquiredSubnodeSchema.entries,
  label: string,
  image: string,
  provider: string,
  az: stringOrNull,
  /** As the Ansible inventory of the whole pool has them. */
  groups: since0_4(rows(string)),
  /** The servers that go with it. */
  subnodes: rows(acquiredSubnodeSchema),
});
export type AcquiredNode = v.InferOutput<typeof acquiredNodeSchema>;

export const acquiredNodesViewSchema = v.object({
  version: v.literal(VIEW_VERSION),
  request: number,
  nodes: rows(acquiredNodeSchema),
});
export type AcquiredNodesView = v.InferOutput<typeof acquiredNodesViewSchema>;

/** @param options `pool`: all nodes, subnodes included */
export function viewAcquiredNodes(
  nodes: readonly NodeRecord[],
  { request, config, pool }: { request: number; config: Config | null; pool: Iterable<NodeRecord> },
): AcquiredNodesView {
  const subnodesOf = ({ id, subnodeCount }: NodeRecord) =>
    subnodeCount === 0 ? [] : NodeIndex.of(pool).subnodesOf(id);
  const groupsOf = ansibleGroups({ config, nodes: pool });
  return {
    version: VIEW_VERSION,
    request,
    nodes: nodes.map((node) => ({
      ...viewServer(node, config),
      label: node.label,
      image: node.image,
      provider: node.provider,
      az: node.zone,
      groups: groupsOf({ ...node, state: "used" }),
      subnodes: subnodesOf(node).map((subnode) => viewServer(subnode, config)),
    })),
  };
}

function viewServer(node: NodeRecord, config: Config | null): v.InferOutput<typeof acquiredSubnodeSchema> {
  return {
    id: node.id,
    hostname: node.hostname,
    server_id: serverIdOf(node),
    ...viewAddresses(node),
    connection: viewConnection(node, config),
  };
}
