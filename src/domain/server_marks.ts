/**
 * The marks that make a server ours. `groups` and `nodepool` are exactly Nodepool's documented metadata; the
 * installation has its own key. Nothing without our installation's mark is ever changed or deleted.
 */

import { ANY_LINEAGE, type Lineage, type Mark } from "./lineage.ts";
import { isRecordId } from "./record_id.ts";

/** Metadata key that names the installation. */
export const INSTALLATION_KEY = "nodepool_installation";
/** Names the run in which the record's id was given out. */
export const RUN_KEY = "nodepool_run";
/** Names the record of a server whose documented metadata names something else: an image, or the node it goes with. */
const NODE_KEY = "nodepool_node";

interface ServerMarks {
  readonly installation: string;
  readonly nodeId: number;
  /** The run in which that id was given out; left out or null: before runs were recorded. */
  readonly run?: string | null;
  readonly image: string;
  readonly provider: string;
  /** The provider image that the server is for; left out or null: it is a node's. */
  readonly providerImageId?: number | null;
  /** The node that a subnode goes with; left out or null: it is not a subnode. */
  readonly parentId?: number | null;
}

/** The metadata that a server is booted with; the image's own entries never displace the marks. */
export function serverMetadata(
  marks: ServerMarks,
  meta: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { providerImageId = null, parentId = null, run = null } = marks;
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
    ...(run === null ? {} : { [RUN_KEY]: run }),
  };
}

/** A server as far as its marks go. */
type Marked = { readonly metadata: Readonly<Record<string, string>> };

/**
 * The mark on a server of this installation; null: not ours. `id` null: it names no node that there could be.
 * @param provider only servers made through that provider count: two may share a project; left out: any
 */
export function serverMark(
  server: Marked,
  installation: string,
  provider?: string,
): Omit<Mark, "id"> & { readonly id: number | null } | null {
  if (server.metadata[INSTALLATION_KEY] !== installation) return null;
  const { node_id: nodeId, provider_name: name } = parseMark(server.metadata["nodepool"]);
  if (provider !== undefined && name !== provider) return null;
  const own = server.metadata[NODE_KEY];
  const id = own === undefined ? nodeId : Number(own);
  return { id: isRecordId(id) ? id : null, run: server.metadata[RUN_KEY] ?? null };
}

/** The node id on a server of this installation; null: not ours, or no node's server. */
export function markedNodeId(server: Marked, installation: string, provider?: string): number | null {
  return serverMark(server, installation, provider)?.id ?? null;
}

/** The image that a server of ours was booted from, by its name in the configuration; empty: it does not tell. */
export function markedImageName({ metadata }: Marked): string {
  const { image_name: name } = parseMark(metadata["nodepool"]);
  return typeof name === "string" ? name : "";
}

/** The installation whose mark is on a server made through a provider of that name; null: it is `own`, or nobody's. */
export function foreignInstallation(
  server: Marked,
  { own, provider }: { own: string; provider: string },
): string | null {
  const installation = server.metadata[INSTALLATION_KEY];
  if (installation === undefined || installation === own) return null;
  return parseMark(server.metadata["nodepool"]).provider_name === provider ? installation : null;
}

function parseMark(
  text: string | undefined,
): { node_id?: unknown; provider_name?: unknown; image_name?: unknown } {
  try {
    return JSON.parse(text ?? "null") ?? {};
  } catch {
    return {};
  }
}

/** Description of a floating IP made for a node: `nodepool INSTALLATION node ID run RUN`. */
export function floatingIpDescription(
  installation: string,
  nodeId: number,
  run: string | null = null,
): string {
  return `nodepool ${installation} node ${nodeId}` + (run === null ? "" : ` run ${run}`);
}

/** The node id on a floating IP of this installation and lineage; null: not ours. */
export function floatingIpNodeId(
  floatingIp: { readonly description: string | null },
  installation: string,
  lineage: Lineage = ANY_LINEAGE,
): number | null {
  const match = floatingIp.description?.match(/^nodepool (\S+) node (\d+)(?: run (\S+))?$/);
  if (!match || match[1] !== installation) return null;
  const mark = { id: Number(match[2]), run: match[3] ?? null };
  return isRecordId(mark.id) && lineage.owns("node", mark) ? mark.id : null;
}
