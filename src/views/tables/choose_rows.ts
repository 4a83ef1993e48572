/** Which columns of a list are shown, and in which order its rows: `--columns`, `--sort`, `?fields=`, `?sort=`. */
import { cellOf, type Column, valueAt } from "./column.ts";

export interface SortOrder {
  /** A column's name as `findColumn` takes it. */
  readonly by: string;
  readonly isDescending: boolean;
}

/** `age`; from the other end `-age`. */
export function parseSortOrder(text: string): SortOrder {
  return text.startsWith("-") ? { by: text.slice(1), isDescending: true } : { by: text, isDescending: false };
}

/** By its field or its header, however written: `server_id`, `Server ID`, `server-id`; `ready` is `nodes.ready`. */
export function findColumn<Row>(columns: readonly Column<Row>[], name: string): Column<Row> | undefined {
  const wanted = plain(name);
  return columns.find(({ field }) => plain(field) === wanted) ??
    columns.find(({ field, header }) =>
      plain(header) === wanted || plain(field.split(".").at(-1)!) === wanted
    );
}

function plain(name: string): string {
  return name.trim().toLowerCase().replaceAll(/[ _-]/g, "");
}

/** The rows by a column's values; those without one come last. Equal ones stay as they are. */
export function sortRows<Row>(
  rows: readonly Row[],
  { column, isDescending }: { column: Column<Row>; isDescending: boolean },
): readonly Row[] {
  const keyed = rows.map((row) => ({ row, key: keyOf(row, column) }));
  const { compare } = new Intl.Collator("en", { numeric: true });
  return keyed.sort((left, right) =>
    compareKeys(left.key, right.key, { compare, sign: isDescending ? -1 : 1 })
  )
    .map(({ row }) => row);
}

type Key = number | string | null;

/** The number behind a cell where there is one: an age sorts by its seconds. */
function keyOf<Row>(row: Row, column: Column<Row>): Key {
  const value = valueAt(row, column.field);
  if (value === null || typeof value === "number") return value;
  return cellOf(column, row) || null;
}

function compareKeys(
  left: Key,
  right: Key,
  { compare, sign }: Pick<Intl.Collator, "compare"> & { sign: 1 | -1 },
): number {
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  if (typeof left === "number" && typeof right === "number") return sign * (left - right);
  return sign * compare(String(left), String(right));
}

/** A list's document with other rows in it, or the same with some of their fields only, as JSON has them. `rows` are the view's own. */
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
