/** The difference between two drawings of a list: which fields of which rows changed, and how many rows. */
import { cellOf, type Column, type ShownList } from "./column.ts";
import type { RowMark } from "./table_options.ts";

/** A drawing as the next one is compared with it. */
export type DrawnRows = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** By the row's id or name; where the list has none, by all that stands in the row. Ages count for nothing. */
export function drawnRows<Row>({ columns, rows }: ShownList<Row>): DrawnRows {
  const key = columns.find(({ kind }) => kind === "id" || kind === "name");
  const drawn = new Map<string, ReadonlyMap<string, string>>();
  for (const row of rows) {
    const cells = steadyCells(row, columns);
    let name = key === undefined ? JSON.stringify([...cells.values()]) : cellOf(key, row);
    while (drawn.has(name)) name += "+";
    drawn.set(name, cells);
  }
  return drawn;
}

function steadyCells<Row>(row: Row, columns: readonly Column<Row>[]): ReadonlyMap<string, string> {
  return new Map(
    columns.filter(({ kind }) => kind !== "age")
      .map((column) => [column.field, column.steady?.(row) ?? cellOf(column, row)]),
  );
}

/** `marks`: for each row. */
export function rowChanges(before: DrawnRows, after: DrawnRows) {
  const marks = [...after].map(([key, cells]) => markOf(cells, before.get(key)));
  const added = [...after.keys()].filter((key) => !before.has(key)).length;
  return {
    marks,
    added,
    changed: marks.filter((mark) => mark !== null).length - added,
    gone: [...before.keys()].filter((key) => !after.has(key)).length,
  };
}

function markOf(
  cells: ReadonlyMap<string, string>,
  before: ReadonlyMap<string, string> | undefined,
): RowMark {
  const changed = [...cells].filter(([field, text]) => before?.get(field) !== text).map(([field]) => field);
  return changed.length === 0 ? null : new Set(changed);
}
