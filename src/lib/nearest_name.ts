/** "Did you mean": the known name nearest to an unknown one. */

/**
 * The candidate that the fewest edits (insert, delete, replace, swap neighbours) lead to; null where none is
 * near enough to be meant.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | null {
  const wanted = normalize(name);
  let best: string | null = null;
  // Of a short word, most must be the same: `foo` is no `log`.
  const most = wanted.length < 4
    ? Math.min(1, wanted.length - 1)
    : Math.max(2, Math.floor(wanted.length / 3));
  let fewest = most + 1;
  for (const candidate of candidates) {
    const edits = editDistance(wanted, normalize(candidate));
    if (edits < fewest) [best, fewest] = [candidate, edits];
  }
  return best;
}

/** The end of a message about a name that nothing has; empty: no known one is near enough. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const meant = nearestName(name, known);
  return meant === null ? "" : `; did you mean "${meant}"?`;
}

/** The candidates that the fewest edits lead to, however many those are, the nearest first. */
export function nearestNames(name: string, candidates: readonly string[], count: number): string[] {
  const wanted = normalize(name);
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, edits: editDistance(wanted, normalize(candidate)) }))
    .sort((a, b) => a.edits - b.edits || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, count).map(({ candidate }) => candidate);
}

function normalize(name: string): string {
  return name.toLowerCase().replaceAll("_", "-").slice(0, 64);
}

/** Optimal string alignment: like Levenshtein's, with a swap of two neighbours as one edit. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let edits = Math.min(last[j]! + 1, row[j - 1]! + 1, replace);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) edits = Math.min(edits, beforeLast[j - 2]! + 1);
      row.push(edits);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}
