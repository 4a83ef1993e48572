/** How many nodes each provider had when it was retired, as far as this process has seen it; the watches note it. */
import type { ProviderConfig } from "../domain/config.ts";

export class Retirements {
  /** By the name of a retired provider; null: it was retired before. */
  #nodes: ReadonlyMap<string, number | null> | null = null;

  configure(providers: readonly ProviderConfig[], countNodes: (provider: string) => number): void {
    const before = this.#nodes;
    const known = (name: string) => before === null ? null : before.get(name);
    const retired = providers.filter(({ maxServers }) => maxServers < 0);
    this.#nodes = new Map(retired.map(({ name }) => {
      const nodes = known(name);
      return [name, nodes === undefined ? countNodes(name) : nodes];
    }));
  }

  nodesBefore(provider: string): number | null {
    return this.#nodes?.get(provider) ?? null;
  }
}
