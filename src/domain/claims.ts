/**
 * Which living record names a thing on a cloud. Marks can be edited by anybody; ids in our records cannot: whatever a
 * thing's marks say, it belongs to the record that names it, and is neither adopted for another nor deleted as a leak.
 */
import { type NodeRecord, serverIdOf, stateName } from "./node.ts";
import { externalIdOf, imageStateName, type ProviderImage } from "./provider_image.ts";

/** The kinds of things that the pool makes on a cloud, and deletes. */
export type CloudThingKind = "server" | "floating-ip" | "image" | "keypair";

interface CloudThing {
  readonly kind: CloudThingKind;
  readonly provider: string;
  /** A keypair's name. */
  readonly id: string;
  /** A floating IP's address, where it is known. */
  readonly address?: string | null;
}

/** Records that are in the pool. */
export interface LivingRecords {
  readonly nodeIndex: Iterable<NodeRecord> & {
    readonly byId: ReadonlyMap<number, NodeRecord>;
    /** Those that have it among their `namesIn`. */
    naming(name: string): readonly NodeRecord[];
  };
  /** By id. */
  readonly images: ReadonlyMap<number, ProviderImage>;
}

/** The record that something is done for; it is no obstacle to itself. */
type Owner =
  | { readonly type: "node"; readonly node: NodeRecord }
  | { readonly type: "image"; readonly image: ProviderImage };

/** In words, `node 12 (hold)`; null: no record but its owner names it. */
export function claimantOf(thing: CloudThing, living: LivingRecords, owner: Owner | null): string | null {
  for (const node of nodesNaming(thing, living, owner)) {
    if (owner?.type === "node" && owner.node.id === node.id) continue;
    return `node ${node.id} (${stateName(node)})`;
  }
  // A builder's server is its image's own too.
  const own = owner?.type === "node" ? owner.node.providerImageId : owner?.image.id;
  for (const image of living.images.values()) {
    if (image.id === own) continue;
    if (doesImageName(image, thing)) return `image ${image.id} (${imageStateName(image)})`;
  }
  return null;
}

/** Images are deleted seldom; all else is deleted as often as nodes come and go. */
function nodesNaming(
  thing: CloudThing,
  { nodeIndex }: LivingRecords,
  owner: Owner | null,
): readonly NodeRecord[] {
  switch (thing.kind) {
    case "server":
      return nodeIndex.naming(thing.id);
    case "floating-ip": {
      const address = thing.address ?? null;
      const withAddress = address === null ? [] : nodeIndex.naming(addressName(thing.provider, address));
      return [...nodeIndex.naming(floatingIpName(thing.id)), ...withAddress];
    }
    case "image":
      // One that is deleted for its own record may have servers; they need it only to come up.
      return [...nodeIndex].filter((node) =>
        node.imageId === thing.id && (owner === null ||
          node.provider === thing.provider && (node.state.phase === "create" || node.state.phase === "boot"))
      );
    case "keypair":
      return [];
  }
}

/** The names under which a node is looked up: the ids of its server and its floating IP, and its addresses. */
export function namesIn(node: NodeRecord): ReadonlySet<string> {
  const { provider, addresses, floatingIp } = node;
  const names = new Set<string>();
  const serverId = serverIdOf(node);
  if (serverId !== null) names.add(serverId);
  if (floatingIp !== null) names.add(floatingIpName(floatingIp.id));
  for (const address of [addresses?.login, addresses?.publicV4, addresses?.publicV6, floatingIp?.address]) {
    if (address) names.add(addressName(provider, address));
  }
  return names;
}

function floatingIpName(id: string): string {
  return `floating IP ${id}`;
}

/** Two clouds may have the same private addresses. */
function addressName(provider: string, address: string): string {
  return `${provider} ${address}`;
}

function doesImageName(image: ProviderImage, { kind, id }: CloudThing): boolean {
  switch (kind) {
    case "server":
      return image.serverId === id && imageStateName(image) === "building";
    case "image":
      return externalIdOf(image) === id;
    case "keypair":
      return image.keypair?.name === id;
    case "floating-ip":
      return false;
  }
}
