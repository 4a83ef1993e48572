/**
 * The stock that a cloud has from the start and keeps: flavors, images, networks, its user and project. Ids come from
 * names, so that they are the same at every start.
 */
import { createHash } from "node:crypto";
import type { CloudSettings } from "./settings.ts";

export type Stock = ReturnType<typeof makeStock>;
export type StockFlavor = Stock["flavors"][number];
export type StockImage = Stock["images"][number];
export type StockNetwork = Stock["networks"][number];

/** @param blocks gives each network its 127.N.0.0/16; shared by all clouds of a simulator */
export function makeStock(settings: CloudSettings, blocks: AddressBlocks) {
  const id = (kind: string, name: string) => nameId(`${settings.name}/${kind}/${name}`);
  const plain = (kind: string, name: string) => id(kind, name).replaceAll("-", "");
  return {
    flavors: settings.flavors.map((flavor) => ({ ...flavor, id: flavor.id ?? id("flavor", flavor.name) })),
    images: settings.images.map((image) => ({ ...image, id: image.id ?? id("image", image.name) })),
    networks: settings.networks.map((network) => ({
      ...network,
      id: network.id ?? id("network", network.name),
      attachable: network.attachable ?? !network.external,
      subnetId: id("subnet", network.name),
      subnetV6Id: id("IPv6 subnet", network.name),
      /** The second number of its 127.N.0.0/16. */
      block: blocks.take(network.subnet, id("network", network.name)),
    })),
    userId: plain("user", settings.username),
    projectId: plain("project", settings.project),
    adminProjectId: plain("project", "admin"),
    securityGroupId: id("security group", "default"),
    routerId: id("router", "router"),
  };
}

/** A UUID that a text always leads to. */
export function nameId(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${
    hex.slice(20, 32)
  }`;
}

/** Hands out 127.N.0.0/16 ranges, each once. */
export class AddressBlocks {
  readonly #taken = new Set<number>();
  readonly #given = new Map<string, number>();

  /** @param subnets those that networks ask for by name; the others go round them */
  constructor(subnets: readonly (string | null)[]) {
    for (const subnet of subnets) if (subnet !== null) this.#taken.add(blockOf(subnet));
  }

  /** @param network gets the same one each time */
  take(subnet: string | null, network: string): number {
    const block = subnet !== null ? blockOf(subnet) : this.#given.get(network) ?? this.#next();
    this.#given.set(network, block);
    return block;
  }

  #next(): number {
    let block = FIRST_BLOCK;
    while (this.#taken.has(block)) block++;
    if (block > 255) {
      throw new Error("127.0.0.0/8 has no room for another network of the simulator; use fewer");
    }
    this.#taken.add(block);
    return block;
  }
}

const FIRST_BLOCK = 16;

function blockOf(subnet: string): number {
  return Number(subnet.split(".")[1]);
}
