/**
 * The marks that make a server ours. `groups` and `nodepool` are Nodepool's documented metadata, exactly; the
 * installation stands in a key of its own. Nothing without our installation's mark is ever changed or deleted.
 */

/** Metadata key that names the installation. */
export const INSTALLATION_KEY = "nodepool_installation";
/** Names the record of a server whose documented metadata names something else: an image, or the node it goes with. */
const NODE_KEY = "nodepool_node";

export interface ServerMarks {
  readonly installation: string;
  readonly nodeId: number;
  readonly image: string;
  readonly provider: string;
  /** The provider image that the server is for; left out or null: it is a node's. */
  readonly providerImageId?: number | null;
  /** The node that a subnode goes with; left out or null: it is none. */
  readonly parentId?: number | null;
}

/** The metadata that a server is booted with; the image's own entries never displace the marks. */
export function serverMetadata(
  marks: ServerMarks,
  meta: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { providerImageId = null, parentId = null } = marks;
  return {
    ...meta,
    groups: JSON.stringify([marks.image, marks.provider]),
    nodepool: JSON.stringify({
      image_name: marks.image,
      provider_name: marks.provider,
      ...(providerImageId === null
        ? { node_id: parentId ?? marks.nodeId }
        : { snapshot_image_id: providerImageId }),
    }),
    ...(providerImageId === null && parentId === null ? {} : { [NODE_KEY]: String(marks.nodeId) }),
    [INSTALLATION_KEY]: marks.installation,
  };
}

/**
 * The node id on a server of this installation; null: not ours, or no node's server.
 * @param provider only servers made through that provider count: two may share a project; left out: any
 */
export function markedNodeId(
  server: { readonly metadata: Readonly<Record<string, string>> },
  installation: string,
  provider?: string,
): number | null {
  if (server.metadata[INSTALLATION_KEY] !== installation) return null;
  const { node_id: nodeId, provider_name: name } = parseMark(server.metadata["nodepool"]);
  if (provider !== undefined && name !== provider) return null;
  const own = server.metadata[NODE_KEY];
  const id = own === undefined ? nodeId : Number(own);
  return typeof id === "number" && Number.isSafeInteger(id) ? id : null;
}

function parseMark(text: string | undefined): { node_id?: unknown; provider_name?: unknown } {
  try {
    return JSON.parse(text ?? "null") ?? {};
  } catch {
    return {};
  }
}

/** Description of a floating IP made for a node: `nodepool INSTALLATION node ID`. */
export function floatingIpDescription(installation: string, nodeId: number): string {
  return `nodepool ${installation} node ${nodeId}`;
}

/** The node id on a floating IP of this installation; null: not ours. */
export function floatingIpNodeId(
  floatingIp: { readonly description: string },
  installation: string,
): number | null {
  const match = floatingIp.description.match(/^nodepool (\S+) node (\d+)$/);
  return match !== null && match[1] === installation ? Number(match[2]) : null;
}
