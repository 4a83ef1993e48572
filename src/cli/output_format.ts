/** The formats that lists come in. */
import { localTimes } from "../lib/local_times.ts";
import { findColumn, narrowView, sortRows } from "../views/tables/choose_rows.ts";
import { cellOf, type Column, plainColumns, type ShownList, type Table } from "../views/tables/column.ts";
import { renderCsv } from "../views/tables/render_csv.ts";
import { renderTable } from "../views/tables/render_table.ts";
import type { RowMark } from "../views/tables/table_options.ts";
import { UsageError } from "./cli_error.ts";
import type { CliIo } from "./cli_io.ts";
import type { ListChoice } from "./output_options.ts";
import { statePainter } from "./state_colors.ts";

export const outputFormats = ["table", "wide", "json", "yaml", "csv", "name"] as const;

export type OutputFormat = typeof outputFormats[number];

interface Formatting<View, Row> extends ListChoice {
  readonly table: Table<View, Row>;
  readonly format: OutputFormat;
  readonly io: CliIo;
  /** Given the rows of a text table, says which it marks. */
  readonly markRows?: (shown: ShownList<object>) => readonly RowMark[] | undefined;
}

/** The view as it is printed, with a line break at its end. */
export async function formatView<View extends object, Row>(
  view: View,
  { table, format, sort, columns, io, markRows }: Formatting<View, Row>,
): Promise<string> {
  const known = table.columns as readonly Column<object>[];
  const rows = table.rows(view) as readonly object[];
  const chosen = columns?.map((name) => ({ ...columnNamed(name, known), wide: undefined })) ?? null;
  const sorted = sort === undefined
    ? rows
    : sortRows(rows, { column: columnNamed(sort.by, known), isDescending: sort.isDescending });
  const shown = { columns: chosen ?? known, rows: sorted };
  switch (format) {
    case "json":
    case "yaml":
      return await renderDocument(narrowView(view, { rows, shown: sorted, columns: chosen }), format);
    case "csv":
      return renderCsv(shown);
    case "name":
      return namesOf(shown.rows, known);
    default:
      return textOf(shown, { wide: format === "wide", io, markRows });
  }
}

export async function renderDocument(view: object, format: "json" | "yaml"): Promise<string> {
  if (format === "json") return `${JSON.stringify(view, null, 2)}\n`;
  const { stringify } = await import("../lib/yaml.ts");
  return stringify(view, { lineWidth: 0, aliasDuplicateObjects: false });
}

function columnNamed(name: string, known: readonly Column<object>[]): Column<object> {
  const column = findColumn(known, name);
  if (column !== undefined) return column;
  throw new UsageError(
    `there is no column ${name} here; the columns are ${known.map(({ field }) => field).join(", ")}`,
  );
}

function namesOf(rows: readonly object[], columns: readonly Column<object>[]): string {
  const named = columns.find(({ kind }) => kind === "id" || kind === "name");
  if (named === undefined) throw new UsageError("nothing here has an id: choose another format than name");
  return rows.map((row) => `${cellOf(named, row)}\n`).join("");
}

function textOf(
  { columns, rows }: ShownList<object>,
  { wide, io, markRows }: Pick<Formatting<object, object>, "io" | "markRows"> & { wide: boolean },
): string {
  const isTerminal = io.stdout.columns !== null;
  const shown = { columns: wide ? columns : plainColumns({ columns, rows }, { isTerminal }), rows };
  return renderTable(shown, {
    wide,
    width: io.stdout.columns,
    paint: statePainter(io),
    ...(isTerminal ? { localTimes } : {}),
    marks: markRows?.(shown),
  });
}
