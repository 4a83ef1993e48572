/** A column of a list, shared by the command line and the status endpoint: text, CSV and HTML alike. */
import { twoDigits } from "../../domain/time.ts";

/** Of a column's cells: how they are aligned, and what a terminal does with them where room is short. */
export type ColumnKind =
  /** The number of the row, or the name that stands for one; `-o name` prints the first of them. Never cut or left out. */
  | "id"
  | "name"
  /** The word that its row is about; as the first column: the list has neither header nor borders. */
  | "term"
  /** How many. Left out where it is 0 in every row. */
  | "count"
  /** Any other number, a size, a share. Never cut. */
  | "number"
  /** One word out of a few, in colour. Never cut. */
  | "state"
  /** How long, in seconds: the only kind that changes by itself. Never cut. */
  | "age"
  /** A moment: ISO 8601 in UTC; on a terminal in its time zone. Never cut. */
  | "time"
  /** An address and the like: half of one is worse than none. */
  | "exact"
  /** Why: reasons, errors, comments. Goes on below its row, always whole, with times as `time` has them. */
  | "reason"
  /** Whatever else; cut where nothing else helps. */
  | "text";

export interface Column<Row> {
  /** The row's key that it shows, so that `?fields=` and CSV headers name it as JSON does. */
  readonly field: FieldOf<Row>;
  readonly header: string;
  /** Not given: text. */
  readonly kind?: ColumnKind;
  /** Only in wide tables, and where it matters in every row; a reason also on terminals, where a row has one. */
  readonly wide?: true;
  readonly matters?: (row: Row) => boolean;
  /** Left out of a terminal that has no room for it; the higher, the rather it is shown. */
  readonly spare?: number;
  /** Counts of the same name share a column of that name where room is short: `2 ready, 1 used`. */
  readonly share?: string;
  /** Left out: the value at `field` as it is, of an age as `formatAge` writes it. */
  readonly cell?: (row: Row) => string;
  /** The cell without what changes by itself; not given: the cell. */
  readonly steady?: (row: Row) => string;
}

/** A key of the row, or a path that begins with one. */
type FieldOf<Row> = [keyof Row] extends [never] ? string : Key<Row> | `${Key<Row>}.${string}`;
type Key<Row> = keyof Row & string;

/** A list as tables see it: its rows, and all its columns in order. */
export interface Table<View, Row = unknown> {
  readonly columns: readonly Column<Row>[];
  rows(view: View): readonly Row[];
}

export interface ShownList<Row> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
}

export function plainColumns<Row>(
  { columns, rows }: ShownList<Row>,
  { isTerminal = false }: { isTerminal?: boolean } = {},
): readonly Column<Row>[] {
  const isGiven = (column: Column<Row>) => rows.some((row) => cellOf(column, row) !== "");
  return columns.filter((column) =>
    column.wide !== true ||
    (column.matters !== undefined && rows.length > 0 && rows.every(column.matters)) ||
    (isTerminal && column.kind === "reason" && isGiven(column))
  );
}

const NUMBERS: readonly (ColumnKind | undefined)[] = ["id", "count", "number"];

/** Numbers stand right. */
export function standsRight({ kind }: { readonly kind?: ColumnKind }): boolean {
  return NUMBERS.includes(kind);
}

export function cellOf<Row>(column: Column<Row>, row: Row): string {
  return cellReader(column)(row);
}

/** As `cellOf`, for who reads the cells of thousands of rows. */
export function cellReader<Row>({ field, kind, cell }: Column<Row>): (row: Row) => string {
  if (cell !== undefined) return cell;
  if (field.includes(".")) return (row) => cellText(valueAt(row, field), kind);
  return (row) => cellText(row[field as keyof Row], kind);
}

function cellText(value: unknown, kind: ColumnKind | undefined): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number" && kind === "age") return formatAge(value);
  return Array.isArray(value) ? value.join(" ") : textOf(value as number | null | undefined);
}

/** Seconds as `DD:HH:MM:SS`, the way lists show ages. */
export function formatAge(seconds: number): string {
  const [days, hours, minutes] = [seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60];
  return `${twoDigits(days)}:${twoDigits(hours)}:${twoDigits(minutes)}:${twoDigits(seconds % 60)}`;
}

/** The row's own value: `api.latency` is the key of a nested one. */
export function valueAt(row: unknown, field: string): unknown {
  if (!field.includes(".")) return (row as Record<string, unknown>)[field];
  return field.split(".").reduce((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], row);
}

export function textOf(value: string | number | null | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}
