/** A column of a list, shared by the command line and the status endpoint: text, CSV and HTML alike. */

export interface Column<Row> {
  /** The row's key that it shows, so that `?fields=` and CSV headers name it as JSON does. */
  readonly field: FieldOf<Row>;
  readonly header: string;
  /** Only in wide tables. */
  readonly wide?: true;
  /** Numbers stand right. */
  readonly align?: "right";
  /** Never cut off, on a terminal however narrow: half an address or age is worse than none. */
  readonly whole?: true;
  /** Left out of a terminal that is too narrow, the lowest first; before that, those that are empty. */
  readonly spare?: number;
  /** Left out: the value at `field` as it is. */
  readonly cell?: (row: Row) => string;
}

/** A key of the row, or a path that begins with one. */
type FieldOf<Row> = [keyof Row] extends [never] ? string : Key<Row> | `${Key<Row>}.${string}`;
type Key<Row> = keyof Row & string;

/** A list as tables see it: its rows, and all its columns in order. */
export interface Table<View, Row = unknown> {
  readonly columns: readonly Column<Row>[];
  rows(view: View): readonly Row[];
}

/** The value of a column for a row. */
export function cellOf<Row>({ field, cell }: Column<Row>, row: Row): string {
  if (cell !== undefined) return cell(row);
  const value = field.split(".").reduce(
    (at: unknown, key) => (at as Record<string, unknown> | null)?.[key],
    row,
  );
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value) ? value.join(" ") : textOf(value as string | number | null | undefined);
}

/** The text of a value; empty for a missing one. */
export function textOf(value: string | number | null | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}
