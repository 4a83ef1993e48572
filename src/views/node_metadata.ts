/** The documented metadata of a node's server, decoded: `/nodes/ID/metadata`. */
import type { NodeRecord } from "../domain/node.ts";
import { serverMetadata } from "../domain/server_marks.ts";

export interface NodeMetadataView {
  /** Image name and provider name. */
  readonly groups: readonly [string, string];
  readonly nodepool: {
    readonly image_name: string;
    readonly provider_name: string;
    readonly node_id: number;
  };
}

/** What the server was booted with, read back from the same function that marks servers. */
export function viewNodeMetadata(
  node: Pick<NodeRecord, "id" | "image" | "provider"> & { readonly parent: number | null },
  installation: string,
): NodeMetadataView {
  const { id: nodeId, parent: parentId, image, provider } = node;
  const marks = { installation, nodeId, parentId, image, provider };
  const { groups, nodepool } = serverMetadata(marks);
  return { groups: JSON.parse(groups!), nodepool: JSON.parse(nodepool!) };
}
