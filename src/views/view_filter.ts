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
