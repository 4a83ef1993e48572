/**
 * How many nodes of each label are launched where: the distribution of launches over providers and targets. Pure and
 * synchronous; the planner of nodes calls it once in each planning. What it keeps:
 * 1. nothing goes over any limit;
 * 2. no demand is left while an arrangement exists that serves it: the total is the greatest there is where only
 *    numbers of servers limit it and every node is one server; otherwise at least no refused node fits anywhere;
 * 3. on a contested provider labels with fewer possible providers come first, after those that were passed over three
 *    times; 4. equals share in proportion to what they ask for, after those that got nothing before;
 * 5. a label is spread over its providers in proportion to their room, and 6. evenly over its targets;
 * 7. a node and its subnodes are granted whole or not at all; 8. the order of the input does not matter.
 */
import { type Claim, fill, inOrder } from "./allocation_fill.ts";
import { grantsOf } from "./allocation_grants.ts";
import { Placement } from "./allocation_placement.ts";
import { reasonsOf } from "./allocation_reasons.ts";
import type { AllocationInput, AllocationResult, LabelAsk, Refusal } from "./allocation_types.ts";

export type * from "./allocation_types.ts";

/** Decides which nodes to launch now, and says why others are not launched. */
export function planAllocation(input: AllocationInput): AllocationResult {
  const [labels, providers] = [byName(input.labels), byName(input.providers)];
  const placement = new Placement(labels, providers);
  serve(placement, claimsOf(labels, ({ demand }) => demand));
  serve(placement, claimsOf(labels, ({ demand, spare }) => demand + spare));
  return {
    grants: labels.flatMap((label, position) => grantsOf(label, { position, placement, providers })),
    refusals: labels.flatMap((label, position) => {
      const refusal = shortfall(label, placement.total(position));
      return refusal === null
        ? []
        : [{ ...refusal, reasons: reasonsOf(position, { labels, providers, placement }) }];
    }),
  };
}

/** Once the totals are known the nodes are spread anew; that may make room for more where servers differ in size. */
function serve(placement: Placement, claims: readonly Claim[]): void {
  fill(placement, claims);
  placement.spreadAnew(inOrder(placement, claims).map(({ label }) => label));
  fill(placement, claims);
}

function claimsOf(labels: readonly LabelAsk[], asked: (label: LabelAsk) => number): Claim[] {
  return labels.map((label, position) => ({
    label: position,
    asked: Math.min(asked(label), capInNodes(label)),
    starvedTicks: label.starvedTicks,
  }));
}

function capInNodes({ cap, size }: LabelAsk): number {
  return cap === null ? Infinity : Math.max(0, Math.floor((cap.limit - cap.used) / size));
}

function shortfall({ name, demand, spare }: LabelAsk, granted: number): Omit<Refusal, "reasons"> | null {
  if (granted >= demand + spare) return null;
  const demandGranted = Math.min(demand, granted);
  return {
    label: name,
    demand: demand - demandGranted,
    spare: spare - (granted - demandGranted),
    starved: demand > 0 && granted === 0,
  };
}

function byName<T extends { readonly name: string }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
