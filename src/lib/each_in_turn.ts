/** Steps of which none keeps the others from being tried. */
import { errorChain } from "./error_chain.ts";

/**
 * Takes the steps one after the other, even if earlier ones failed.
 * @throws what the only one that failed has thrown, or an AggregateError that says what each has
 */
export async function eachInTurn(steps: Iterable<() => unknown>): Promise<void> {
  const errors: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, errors.map(errorChain).join("; "));
}
