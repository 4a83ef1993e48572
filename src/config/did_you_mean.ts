/** The end of a message about a name that nothing has: the known one that was probably meant. */
import { nearestName } from "../lib/nearest_name.ts";

/** Empty: none is near enough. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const meant = nearestName(name, known);
  return meant === null ? "" : `; did you mean "${meant}"?`;
}
