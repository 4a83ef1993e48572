/** Makes launches of what was placed: which are for work and which are spare, and to which target each goes. */
import type { Placement } from "./allocation_placement.ts";
import { proportionalShares } from "./allocation_shares.ts";
import type { Grant, LabelAsk, ProviderRoom, TargetLoad } from "./allocation_types.ts";

/** The grants of one label. Work comes first: nodes are spare only when all demand has been granted. */
export function grantsOf(
  label: LabelAsk,
  { position, placement, providers }: {
    position: number;
    placement: Placement;
    providers: readonly ProviderRoom[];
  },
): Grant[] {
  const counts = providers.map((_, provider) => placement.on(position, provider));
  const demand = proportionalShares(Math.min(label.demand, placement.total(position)), counts);
  const dealer = new TargetDealer(label.targets);
  return providers.flatMap(({ name: provider }, at) => [
    ...dealer.deal(demand[at]!, { label: label.name, provider, purpose: "demand" }),
    ...dealer.deal(counts[at]! - demand[at]!, { label: label.name, provider, purpose: "spare" }),
  ]);
}

/** Deals nodes to targets, each to the one that has the fewest so far. */
class TargetDealer {
  readonly #loads: { readonly name: string; load: number }[];

  constructor(targets: readonly TargetLoad[]) {
    this.#loads = targets.map(({ name, load }) => ({ name, load })).sort((a, b) => a.name < b.name ? -1 : 1);
  }

  deal(count: number, launch: Omit<Grant, "target" | "count">): Grant[] {
    if (count === 0) return [];
    if (this.#loads.length === 0) return [{ ...launch, target: null, count }];
    const before = this.#loads.map(({ load }) => load);
    for (let node = 0; node < count; node++) this.#leastLoaded().load += 1;
    return this.#loads.map(({ name, load }, at) => ({ ...launch, target: name, count: load - before[at]! }))
      .filter((grant) => grant.count > 0);
  }

  #leastLoaded(): { load: number } {
    return this.#loads.reduce((least, target) => (target.load < least.load ? target : least));
  }
}
