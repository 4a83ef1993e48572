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

/** Records that are in the pool, by id. */
export interface LivingRecords {
  readonly nodes: ReadonlyMap<number, NodeRecord>;
  readonly images: ReadonlyMap<number, ProviderImage>;
}

/** The record that something is done for; it is no obstacle to itself. */
type Owner =
  | { readonly type: "node"; readonly node: NodeRecord }
  | { readonly type: "image"; readonly image: ProviderImage };

/** In words, `node 12 (hold)`; null: no record but its owner names it. */
export function claimantOf(thing: CloudThing, living: LivingRecords, owner: Owner | null): string | null {
  for (const node of living.nodes.values()) {
    if (owner?.type === "node" && owner.node.id === node.id) continue;
    if (doesNodeName(node, thing, owner)) return `node ${node.id} (${stateName(node)})`;
  }
  for (const image of living.images.values()) {
    if (isOwnImage(image, owner)) continue;
    if (doesImageName(image, thing)) return `image ${image.id} (${imageStateName(image)})`;
  }
  return null;
}

function doesNodeName(node: NodeRecord, thing: CloudThing, owner: Owner | null): boolean {
  switch (thing.kind) {
    case "server":
      return serverIdOf(node) === thing.id;
    case "floating-ip":
      return node.floatingIp?.id === thing.id || hasAddress(node, thing);
    case "image":
      // One that is deleted for its own record may have servers; they need it only to come up.
      return node.imageId === thing.id && (owner === null || isBootingFrom(node, thing));
    case "keypair":
      return false;
  }
}

/** Two clouds may have the same private addresses. */
function hasAddress({ provider, addresses, floatingIp }: NodeRecord, thing: CloudThing): boolean {
  const address = thing.address ?? null;
  if (address === null || provider !== thing.provider) return false;
  return [addresses?.login, addresses?.publicV4, addresses?.publicV6, floatingIp?.address].includes(address);
}

function isBootingFrom({ provider, state }: NodeRecord, thing: CloudThing): boolean {
  return provider === thing.provider && (state.phase === "create" || state.phase === "boot");
}

/** A builder's server is its image's own too. */
function isOwnImage({ id }: ProviderImage, owner: Owner | null): boolean {
  if (owner === null) return false;
  return owner.type === "image" ? owner.image.id === id : owner.node.providerImageId === id;
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
