/**
 * What allocation tests compare with: for labels of one server a node and providers that only max-servers limits,
 * whether a vector of totals can be had at all is decided by Hall's condition over every subset of the labels.
 */
import type { AllocationInput, AllocationResult, LabelAsk } from "../../src/plan/allocation_types.ts";

/** Nodes granted to each label (in the input's order), of one purpose or of both. */
export function granted(
  input: AllocationInput,
  result: AllocationResult,
  purpose?: "demand" | "spare",
): number[] {
  return input.labels.map(({ name }) =>
    sum(
      result.grants.filter((grant) =>
        grant.label === name && (purpose === undefined || grant.purpose === purpose)
      )
        .map(({ count }) => count),
    )
  );
}

/** Nodes of a label granted on a provider. */
export function grantedOn(result: AllocationResult, label: string, provider: string): number {
  return sum(
    result.grants.filter((grant) => grant.label === label && grant.provider === provider)
      .map(({ count }) => count),
  );
}

/** Whether some arrangement gives each label that many nodes. */
export function feasible(input: AllocationInput, totals: readonly number[]): boolean {
  return subsets(input.labels.length).every((subset) => {
    const names = new Set(subset.flatMap((at) => usable(input.labels[at]!)));
    const room = input.providers.filter(({ name }) => names.has(name))
      .map(({ room }) => Math.max(0, room.maxServers!.limit - room.maxServers!.used));
    return sum(subset.map((at) => totals[at]!)) <= sum(room);
  });
}

/** The most nodes that labels at these positions can have together, by trying every combination of totals. */
export function bestTotal(input: AllocationInput, positions: readonly number[]): number {
  let best = 0;
  const tryFrom = (at: number, totals: number[]): void => {
    if (at === totals.length) {
      if (feasible(input, totals)) best = Math.max(best, sum(totals));
      return;
    }
    const most = positions.includes(at) ? input.labels[at]!.demand : 0;
    for (let count = 0; count <= most; count++) tryFrom(at + 1, totals.with(at, count));
  };
  tryFrom(0, input.labels.map(() => 0));
  return best;
}

/** The providers that could take a node of the label if it were alone. */
export function choices(input: AllocationInput, label: LabelAsk): number {
  const names = usable(label);
  return input.providers.filter(({ name, room }) =>
    names.includes(name) && room.maxServers!.limit - room.maxServers!.used >= label.size
  ).length;
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function usable(label: LabelAsk): string[] {
  return label.offers.flatMap((offer) => ("cost" in offer ? [offer.provider] : []));
}

function subsets(size: number): number[][] {
  return Array.from(
    { length: 2 ** size },
    (_, bits) => Array.from({ length: size }, (_, at) => at).filter((at) => bits & (1 << at)),
  );
}
