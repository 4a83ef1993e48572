/** The nodes that a request was granted, with all that is needed to log in to them. */
import type { Config } from "../domain/config.ts";
import type { NodeRecord } from "../domain/node.ts";
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
  readonly provider: string;
  readonly az: string | null;
  readonly hostname: string;
  readonly server_id: string | null;
  readonly public_v4: string | null;
  readonly public_v6: string | null;
  readonly private_v4: string | null;
  readonly connection: ConnectionView | null;
}

export function viewAcquiredNodes(
  nodes: readonly NodeRecord[],
  { request, config }: { request: number; config: Config | null },
): AcquiredNodesView {
  return { version: VIEW_VERSION, request, nodes: nodes.map((node) => viewAcquiredNode(node, config)) };
}

function viewAcquiredNode(node: NodeRecord, config: Config | null): AcquiredNode {
  return {
    id: node.id,
    label: node.label,
    provider: node.provider,
    az: node.zone,
    hostname: node.hostname,
    server_id: serverIdOf(node),
    public_v4: node.addresses?.publicV4 ?? null,
    public_v6: node.addresses?.publicV6 ?? null,
    private_v4: node.addresses?.privateV4 ?? null,
    connection: viewConnection(node, config),
  };
}
