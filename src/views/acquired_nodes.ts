/** The nodes that a request was granted, with all that is needed to log in to them. */
import type { Config } from "../domain/config.ts";
import type { NodeRecord } from "../domain/node.ts";
import { ansibleGroups } from "./ansible_groups.ts";
import { type ConnectionView, viewConnection } from "./connection.ts";
import { VIEW_VERSION } from "./view_head.ts";
import { serverIdOf } from "../domain/node.ts";

export interface AcquiredNodesView {
  readonly version: typeof VIEW_VERSION;
  readonly request: number;
  readonly nodes: readonly AcquiredNode[];
}

export interface AcquiredNode {
  readonly id: number;
  readonly label: string;
  readonly image: string;
  readonly provider: string;
  readonly az: string | null;
  readonly hostname: string;
  readonly server_id: string | null;
  readonly public_v4: string | null;
  readonly public_v6: string | null;
  readonly private_v4: string | null;
  readonly connection: ConnectionView | null;
  /** As the Ansible inventory of the whole pool has them. */
  readonly groups: readonly string[];
  /** The servers that go with it. */
  readonly subnodes: readonly AcquiredSubnode[];
}

type AcquiredSubnode = Omit<
  AcquiredNode,
  "label" | "image" | "provider" | "az" | "groups" | "subnodes"
>;

/** @param options `pool`: all nodes, subnodes included */
export function viewAcquiredNodes(
  nodes: readonly NodeRecord[],
  { request, config, pool }: { request: number; config: Config | null; pool: readonly NodeRecord[] },
): AcquiredNodesView {
  const subnodesOf = ({ id, subnodeCount }: NodeRecord) =>
    subnodeCount === 0 ? [] : pool.filter(({ parentId }) => parentId === id);
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

function viewServer(node: NodeRecord, config: Config | null): AcquiredSubnode {
  return {
    id: node.id,
    hostname: node.hostname,
    server_id: serverIdOf(node),
    public_v4: node.addresses?.publicV4 ?? null,
    public_v6: node.addresses?.publicV6 ?? null,
    private_v4: node.addresses?.privateV4 ?? null,
    connection: viewConnection(node, config),
  };
}
