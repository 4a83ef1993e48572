/**
 * The errand of a command where no daemon runs: the nodes and images it was asked for, and what belongs to them. The
 * rest of the pool stays as it is. The pool of such a command fills it, the tick goes by it.
 */
import type { Config, ProviderConfig, ProviderImageConfig } from "../domain/config.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { OrderName } from "../domain/order_book.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import type { Ledger } from "../store/ledger.ts";

export class Errand {
  readonly #ledger: Pick<Ledger, "nodes" | "images">;
  readonly #nodes = new Set<number>();
  #orders: readonly OrderName[] = [];

  constructor(ledger: Pick<Ledger, "nodes" | "images">) {
    this.#ledger = ledger;
  }

  addNode(id: number): void {
    this.#nodes.add(id);
  }

  addOrders(orders: readonly OrderName[]): void {
    this.#orders = [...this.#orders, ...orders];
  }

  /** Nodes with their subnodes, and the servers that are there for its images. */
  concernsNode({ id, parentId, providerImageId }: NodeRecord): boolean {
    const image = providerImageId === null ? undefined : this.#ledger.images.get(providerImageId);
    return this.#nodes.has(parentId ?? id) || (image !== undefined && this.concernsImage(image));
  }

  concernsImage({ provider, image }: Pick<ProviderImage, "provider" | "image">): boolean {
    return this.#orders.some((order) => order.provider === provider && order.image === image);
  }

  /** The configuration with no images but those that are asked for. */
  narrow(config: Config): Config {
    const providers = config.providers.map((provider) => this.#narrowProvider(provider));
    const sources = new Set(providers.flatMap(({ images }) => images.map(({ diskimage }) => diskimage)));
    const isBuilt = (name: string) =>
      this.#orders.some((order) => order.provider === null && order.image === name);
    const diskimages = config.diskimages.filter(({ name }) => sources.has(name) || isBuilt(name));
    return { ...config, providers, diskimages };
  }

  /** Whether servers that were there for its images, and images that came to nothing, are gone. */
  get isTidy(): boolean {
    const images = [...this.#ledger.images.values()].filter((image) => this.concernsImage(image));
    const nodes = [...this.#ledger.nodes.values()];
    return images.every(({ state }) => state.phase === "ready" || state.phase === "gone") &&
      !nodes.some((node) => node.providerImageId !== null && this.concernsNode(node));
  }

  #narrowProvider(provider: ProviderConfig): ProviderConfig {
    const isWanted = ({ name }: ProviderImageConfig) =>
      this.concernsImage({ provider: provider.name, image: name });
    return { ...provider, images: provider.images.filter(isWanted) };
  }
}
