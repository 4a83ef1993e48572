/** A list's document with other rows in it, or the same with some of their fields only, as JSON has them. */
import { type Column, valueAt } from "./column.ts";

/** `rows` are the view's own. */
export function narrowView<Row>(
  view: object,
  { rows, shown, columns }: {
    rows: readonly Row[];
    shown: readonly Row[];
    /** null: all fields. */
    columns: readonly Pick<Column<Row>, "field">[] | null;
  },
): object {
  const picked = columns === null ? shown : pickFields(shown, columns.map(({ field }) => field));
  return Object.fromEntries(
    Object.entries(view).map(([key, value]) => [key, value === rows ? picked : value]),
  );
}

export function pickFields(
  rows: readonly unknown[],
  fields: readonly string[],
): readonly Record<string, unknown>[] {
  return rows.map((row) => Object.fromEntries(fields.map((field) => [field, valueAt(row, field) ?? null])));
}
