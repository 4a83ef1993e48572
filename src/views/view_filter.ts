/** The filters of lists. A list applies the parts that its rows have; `poolLists` says which those are. */

export interface ViewFilter {
  readonly id?: number;
  readonly provider?: string;
  readonly label?: string;
  readonly image?: string;
  readonly job?: string;
  /** A state of the rows: of nodes and images `building`, `ready`, …; of requests `waiting`, `granted`. */
  readonly state?: string;
}

export type FilterName = keyof ViewFilter;

/** Tells the rows that pass, of those that have what it asks for under the same keys. */
export function matching(
  filter: ViewFilter,
): (row: Readonly<Partial<Record<FilterName, unknown>>>) => boolean {
  const wanted = (Object.keys(filter) as FilterName[]).filter((key) => filter[key] !== undefined);
  return (row) => wanted.every((key) => row[key] === filter[key]);
}
