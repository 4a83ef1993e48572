import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { proportionalShares } from "../../src/plan/allocation_shares.ts";

Deno.test("proportionalShares() divides all of it, each share less than one off", () => {
  const weights = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 8 });
  fc.assert(fc.property(fc.nat(10_000), weights, (count, weights) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    fc.pre(total > 0);
    const shares = proportionalShares(count, weights);
    equal(shares.reduce((sum, share) => sum + share, 0), count);
    shares.forEach((share, at) => ok(Math.abs(share - count * weights[at]! / total) < 1));
  }));
});

Deno.test("proportionalShares() gives what is left over to the largest remainder, then to the first", () => {
  deepEqual(proportionalShares(10, [6, 5, 5]), [4, 3, 3]);
  deepEqual(proportionalShares(1, [1, 1, 1]), [1, 0, 0]);
  deepEqual(proportionalShares(4, [5, 3]), [3, 1]);
});

Deno.test("proportionalShares() counts what has no limit as the largest that has one", () => {
  deepEqual(proportionalShares(8, [Infinity, Infinity]), [4, 4]);
  deepEqual(proportionalShares(6, [Infinity, 20, 20]), [2, 2, 2]);
  deepEqual(proportionalShares(6, [Infinity, 3]), [4, 2]);
});

Deno.test("proportionalShares() divides nothing among none", () => {
  deepEqual(proportionalShares(5, []), []);
  deepEqual(proportionalShares(5, [0, 0]), [0, 0]);
  deepEqual(proportionalShares(0, [1, 2]), [0, 0]);
});
