/** A column of a list, shared by the command line and the status endpoint: text, CSV and HTML alike. */

export interface Column<Row> {
  /** The row's key that it shows, so that `?fields=` and CSV headers name it as JSON does. */
  readonly field: string;
  readonly header: string;
  /** Only in wide tables. */
  readonly wide?: true;
  /** Numbers stand right. */
  readonly align?: "right";
  /** Never cut off, on a terminal however narrow: half an address or age is worse than none. */
  readonly whole?: true;
  /** Left out of a terminal that is too narrow, the lowest first; before that, those that are empty. */
  readonly spare?: number;
  cell(row: Row): string;
}

/** A list as tables see it: its rows, and all its columns in order. */
export interface Table<View, Row = unknown> {
  readonly columns: readonly Column<Row>[];
  rows(view: View): readonly Row[];
}

/** The text of a cell; empty for a missing value. */
export function textOf(value: string | number | boolean | null): string {
  return value === null ? "" : String(value);
}
