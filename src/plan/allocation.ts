/**
 * How many nodes of each label are launched where: the distribution of launches over providers and targets. Pure and
 * synchronous; the planner of nodes calls it once in each planning. What it keeps:
 * 1. nothing goes over any limit;
 * 2. no demand is left while an arrangement exists that serves it: the total is the greatest there is where only
 *    numbers of servers limit it and every node is one server; otherwise at least no refused node fits anywhere;
 * 3. what labels are behind those that they compete with comes first, then what requests lack that have some of their
 *    nodes; then, on a contested provider, labels with fewer possible providers; 4. labels share in proportion to what they
 *    ask for, with what they were given before, by whole requests;
 * 5. a label is spread over its providers in proportion to their room, and 6. evenly over its targets;
 * 7. a node and its subnodes are granted whole or not at all; 8. the order of the input does not matter.
 */
import { type Claim, fill, fillByChoices, inOrder } from "./allocation_fill.ts";
import { Placement } from "./allocation_placement.ts";
import { capInNodes, owedNodes, weightOf } from "./allocation_debts.ts";
import { reasonsOf } from "./allocation_reasons.ts";
import { proportionalShares } from "./allocation_shares.ts";
import type {
  AllocationInput,
  AllocationResult,
  Grant,
  LabelAsk,
  LabelRefusal,
  ProviderRoom,
} from "./allocation_types.ts";

/** Decides which nodes to launch now, and says why others are not launched. */
export function planAllocation(input: AllocationInput): AllocationResult {
  const [labels, providers] = [byName(input.labels), byName(input.providers)];
  const placement = new Placement(labels, providers);
  const owed = owedNodes(labels);
  completeBegun(placement, labels.map((label, at) => owed[at]! > 0 ? label : { ...label, gathered: 0 }));
  fill(placement, claimsOf(labels, (label, at) => Math.min(label.demand, owed[at]!)));
  completeBegun(placement, labels);
  serve(placement, claimsOf(labels, ({ demand }) => demand));
  placement.close(providers.flatMap(({ name }, at) => input.awaited?.has(name) ? at : []));
  serve(placement, claimsOf(labels, ({ demand, spare }) => demand + spare).map(asNew));
  return {
    grants: labels.flatMap((label, position) => grantsOf(label, { position, placement, providers })),
    refusals: labels.flatMap((label, position) => {
      const refusal = shortfall(label, placement.total(position));
      return refusal === null
        ? []
        : [{ ...refusal, reasons: reasonsOf(position, { ...input, labels, providers, placement }) }];
    }),
  };
}

/**
 * A request that has some of its nodes gets the others before another is begun: two that gather nodes at once would each
 * wait with what the other lacks. The one that lacks least comes first.
 */
function completeBegun(placement: Placement, labels: readonly LabelAsk[]): void {
  const begun = labels.map((label, at) => {
    const [missing = 0] = label.gathered ? label.steps ?? [] : [];
    return { at, missing: Math.min(missing, capInNodes(label)) - placement.total(at) };
  });
  for (const { at, missing } of begun.sort((a, b) => a.missing - b.missing)) placement.place(at, missing);
}

/** Once the totals are known the nodes are spread again; that may make room for more where servers differ in size. */
function serve(placement: Placement, claims: readonly Claim[]): void {
  fillByChoices(placement, claims);
  placement.spreadAnew(inOrder(placement, claims).map(({ label }) => label));
  fillByChoices(placement, claims);
}

function claimsOf(labels: readonly LabelAsk[], asked: (label: LabelAsk, at: number) => number): Claim[] {
  return labels.map((label, position) => ({
    label: position,
    asked: Math.min(asked(label, position), capInNodes(label)),
    weight: weightOf(label),
    served: label.served,
    steps: label.steps,
  }));
}

/** Spare nodes are shared whatever was given before. */
function asNew(claim: Claim): Claim {
  return { ...claim, weight: null, served: 0, steps: undefined };
}

/**
 * Makes launches of what was placed of a label: first those for work, then spare ones; each goes to the target that has the
 * fewest so far.
 */
function grantsOf(
  { name: label, demand, targets }: LabelAsk,
  { position, placement, providers }: {
    position: number;
    placement: Placement;
    providers: readonly ProviderRoom[];
  },
): Grant[] {
  const loads = byName(targets).map(({ name, load }) => ({ name, load }));
  const deal = (count: number, launch: Omit<Grant, "target" | "count">): Grant[] => {
    if (count === 0) return [];
    if (loads.length === 0) return [{ ...launch, target: null, count }];
    const before = loads.map(({ load }) => load);
    for (let node = 0; node < count; node++) {
      loads.reduce((least, target) => (target.load < least.load ? target : least)).load += 1;
    }
    return loads.map(({ name, load }, at) => ({ ...launch, target: name, count: load - before[at]! }))
      .filter((grant) => grant.count > 0);
  };
  const counts = providers.map((_, provider) => placement.on(position, provider));
  const forWork = proportionalShares(Math.min(demand, placement.total(position)), counts);
  return providers.flatMap(({ name: provider }, at) => [
    ...deal(forWork[at]!, { label, provider, purpose: "demand" }),
    ...deal(counts[at]! - forWork[at]!, { label, provider, purpose: "spare" }),
  ]);
}

function shortfall({ name, demand, spare }: LabelAsk, granted: number): Omit<LabelRefusal, "reasons"> | null {
  if (granted >= demand + spare) return null;
  const demandGranted = Math.min(demand, granted);
  return {
    label: name,
    demand: demand - demandGranted,
    spare: spare - (granted - demandGranted),
  };
}

function byName<T extends { readonly name: string }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
