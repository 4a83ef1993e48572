/** The rows of a list that a page has room for. */

export interface Shown<Row> {
  readonly rows: readonly Row[];
  /** Of all. */
  readonly total: number;
}

/** All rows where there is room for them; else those of the highest ranks. Either way in the order of the list. */
export function shownOf<Row>(
  all: readonly Row[],
  { most, rank = () => 0 }: { most: number; rank?(row: Row): number },
): Shown<Row> {
  if (all.length <= most) return { rows: all, total: all.length };
  const ranked = all.map((row) => ({ row, rank: rank(row) })).sort((left, right) => right.rank - left.rank);
  const kept = new Set(ranked.slice(0, most).map(({ row }) => row));
  return { rows: all.filter((row) => kept.has(row)), total: all.length };
}
