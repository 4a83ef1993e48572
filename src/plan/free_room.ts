/** The free room on a provider, as planning counts it while nodes leave and others arrive. */
import type { Resource } from "../domain/resource.ts";
import type { ProviderRoom, ServerCost } from "./allocation_types.ts";

/** How much of each resource something takes that may be several servers. */
export type Needs = Readonly<Partial<Record<Resource, number>> & { instances: number }>;

/** @param isPooled whether it counts against max-servers */
export function needsOf(cost: ServerCost, servers: number, isPooled = true): Needs {
  const own = Object.entries(cost).map(([resource, amount]) => [resource, amount * servers]);
  return { ...Object.fromEntries(own), ...(isPooled ? { maxServers: servers } : {}), instances: servers };
}

/** Quotients are not exact. */
const ROUNDING = 1e-6;

export class FreeRoom {
  /** Of what has a limit. */
  readonly #left: Map<string, number>;
  /** Servers that leave and whose cost is not known. */
  #unknown: number;

  constructor(left: Iterable<readonly [string, number]>, unknown = 0) {
    this.#left = new Map(left);
    this.#unknown = unknown;
  }

  static of({ room }: Pick<ProviderRoom, "room">): FreeRoom {
    return new FreeRoom(Object.entries(room).map(([resource, { limit, used }]) => [resource, limit - used]));
  }

  copy(): FreeRoom {
    return new FreeRoom(this.#left, this.#unknown);
  }

  /** Servers leave it. @param cost of each; null: not known */
  free(cost: ServerCost | null, servers: number): void {
    if (cost === null) this.#unknown += servers;
    this.take(needsOf(cost ?? {}, -servers));
  }

  take(needs: Needs, times = 1): void {
    for (const [resource, left] of this.#left) {
      this.#left.set(resource, left - times * (needs[resource as Resource] ?? 0));
    }
  }

  /** How many of those there is room for; a server whose cost is not known leaves room for one like theirs. */
  fits(needs: Needs): number {
    let most = Infinity;
    for (const [resource, left] of this.#left) {
      const need = needs[resource as Resource] ?? 0;
      if (need === 0) continue;
      const unknown = resource === "instances" || resource === "maxServers"
        ? 0
        : this.#unknown / needs.instances;
      most = Math.min(most, left / need + unknown);
    }
    return Math.max(0, Math.floor(most + ROUNDING));
  }
}
