/** The end of a message about a name that nothing has: which was meant, or which names there are. */
import { namesText } from "./names_text.ts";
import { nearestName } from "./nearest_name.ts";

/** `; did you mean m1.small?`, else which there are. */
export function suggest(name: string, candidates: readonly string[]): string {
  const meant = nearestName(name, candidates);
  if (meant !== null) return `; did you mean ${meant}?`;
  if (candidates.length === 0) return "; there are none";
  if (candidates.length === 1) return `; there is only ${candidates[0]}`;
  return `; there are ${namesText(candidates.toSorted(), { most: MOST })}`;
}

/** Names that a message lists. */
const MOST = 8;
