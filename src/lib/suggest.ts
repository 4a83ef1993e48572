/** Names in messages: a few of many, and the end of one about a name that nothing has. */
import { nearestName } from "./nearest_name.ts";

/** `; did you mean m1.small?`, else which there are. */
export function suggest(name: string, candidates: readonly string[]): string {
  const meant = nearestName(name, candidates);
  if (meant !== null) return `; did you mean ${meant}?`;
  if (candidates.length === 0) return "; there are no others";
  if (candidates.length === 1) return `; there is only ${candidates[0]}`;
  return `; there are ${namesText(candidates.toSorted(), { most: MOST })}`;
}

/** Names that a message lists. */
const MOST = 8;

/** Names in a row, for people, and how many more there are: `a, b and 3 more`. */
export function namesText(names: readonly string[], { most }: { readonly most: number }): string {
  const more = names.length - most;
  return `${names.slice(0, most).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
