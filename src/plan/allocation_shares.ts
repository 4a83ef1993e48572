/** Whole shares of a whole number, as near to given weights as can be. */

/**
 * Divides `count` in proportion to the weights; each share is less than one off its exact value (largest remainder;
 * where remainders are equal the earlier one gets more).
 * @param weights at least 0, Infinity allowed; where all are 0 or none are given, nothing is divided
 */
export function proportionalShares(count: number, weights: readonly number[]): number[] {
  const finite = withoutInfinity(weights, count);
  const total = finite.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return finite.map(() => 0);
  const exact = finite.map((weight) => (count * weight) / total);
  const shares = exact.map(Math.floor);
  const missing = count - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = exact.map((value, index) => ({ index, remainder: value - shares[index]! }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, missing)) shares[index]! += 1;
  return shares;
}

/** A weight without a limit counts as much as the largest that has one, or as all that is divided if that is more. */
function withoutInfinity(weights: readonly number[], count: number): readonly number[] {
  if (weights.every(Number.isFinite)) return weights;
  const largest = Math.max(count, ...weights.filter(Number.isFinite));
  return weights.map((weight) => (weight === Infinity ? largest : weight));
}
