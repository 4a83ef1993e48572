/** The documented metadata of a node's server, decoded: `/nodes/ID/metadata`. */
import * as v from "valibot";
import type { NodeRecord } from "../domain/node.ts";
import { serverMetadata } from "../domain/server_marks.ts";
import { number, string } from "./view_schema.ts";

export const nodeMetadataSchema = v.object({
  /** Image name and provider name. */
  groups: v.tuple([string, string]),
  nodepool: v.object({ image_name: string, provider_name: string, node_id: number }),
});
type NodeMetadataView = v.InferOutput<typeof nodeMetadataSchema>;

/** The metadata that the server was booted with, read back from the same function that marks servers. */
export function viewNodeMetadata(
  node: Pick<NodeRecord, "id" | "image" | "provider"> & { readonly parent: number | null },
  installation: string,
): NodeMetadataView {
  const { id: nodeId, parent: parentId, image, provider } = node;
  const marks = { installation, nodeId, parentId, image, provider };
  const { groups, nodepool } = serverMetadata(marks);
  return { groups: JSON.parse(groups!), nodepool: JSON.parse(nodepool!) };
}
