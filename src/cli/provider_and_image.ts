/** `[PROVIDER|all] IMAGE`, as 2016's commands for images took it. */
import { UsageError } from "./cli_error.ts";

/** @throws UsageError for none, or more than two names */
export function providerAndImage(
  names: readonly string[],
): { provider: string | null; image: string } {
  const [first, second, ...more] = names;
  if (first === undefined || more.length > 0) {
    throw new UsageError("give an image, and before it the provider or `all`");
  }
  if (second === undefined) return { provider: null, image: first };
  return { provider: first === "all" ? null : first, image: second };
}
