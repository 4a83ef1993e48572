/**
 * A list as a text table with `+---+` borders, 2016's look, which scripts cut at `|`. Plain and complete unless a width is
 * given, that of a terminal: a table that is wider is laid out for it, or has a line for each field. No reason is cut.
 */
import { cutToWidth, displayWidth } from "../../lib/display_width.ts";
import { wrapWords } from "../../lib/wrap_words.ts";
import { cellReader, type Column, plainColumns, type ShownList } from "./column.ts";
import {
  type FilledColumn,
  filledColumn,
  layOutTable,
  type TableLayout,
  totalWidth,
} from "./lay_out_table.ts";
import { renderRecords, renderTerms } from "./render_records.ts";
import { painted, type RowAt, type TableOptions } from "./table_options.ts";

/** Ends with a line break. */
export function renderTable<Row>(shown: ShownList<Row>, options: TableOptions = {}): string {
  return [...tableParts(shown, options)].join("");
}

/** The table in parts, most of them one row: for who draws thousands in slices. */
export function* tableParts<Row>(
  { columns, rows }: ShownList<Row>,
  options: TableOptions = {},
): Iterable<string> {
  const { wide = false, width = null } = options;
  const wanted = wide ? columns : plainColumns({ columns, rows }, { isTerminal: width !== null });
  const filled = wanted.map((column) => fill(column, { rows, options }));
  const count = rows.length;
  if (wanted[0]?.kind === "term") return yield renderTerms(filled, { count, width, options });
  const layout = width === null || totalWidth(filled) <= width
    ? { grid: filled, below: [] }
    : wide
    ? { records: filled }
    : layOutTable(filled, width);
  if ("records" in layout) yield renderRecords(layout.records, { count, width: width!, options });
  else yield* draw(layout, { count, options });
}

function fill<Row>(
  column: Column<Row>,
  { rows, options }: { rows: readonly Row[]; options: TableOptions },
): FilledColumn {
  const { localTimes } = options;
  const hasTimes = localTimes !== undefined && (column.kind === "time" || column.kind === "reason");
  const texts = rows.map(cellReader(column));
  return filledColumn(column, hasTimes ? texts.map(localTimes) : texts);
}

function* draw(
  layout: TableLayout,
  { count, options }: { count: number; options: TableOptions },
): Iterable<string> {
  const { grid, last } = layout;
  const border = `+${grid.map(({ width }) => "-".repeat(width + 2)).join("+")}+` +
    `${"-".repeat(last === undefined ? 0 : last.width + 1)}\n`;
  const headers = grid.map((one) => ` ${pad(one.column.header, one)} |`).join("");
  yield `${border}|${headers}${last === undefined ? "" : ` ${last.column.header}`}\n${border}`;
  for (let row = 0; row < count; row++) yield drawRow(layout, { row, options });
  if (count > 0) yield border;
}

/** A mark in place of the border shows without colours, too. */
function drawRow({ grid, last, below }: TableLayout, at: RowAt): string {
  const mark = (at.options.marks?.[at.row] ?? null) === null ? "|" : ">";
  const cells = grid.map((one) => painted(pad(one.cells[at.row]!, one), one, at)).join(" | ");
  const hanging = last === undefined
    ? ""
    : ` ${linesOf(last, at).join(`\n${" ".repeat(totalWidth(grid) + 1)}`)}`;
  return `${mark} ${cells} |${hanging}\n${below.map((one) => drawBelow(one, at)).join("")}`;
}

function pad(text: string, one: FilledColumn): string {
  const { width, isPlain, standsRight } = one;
  const room = width - (isPlain ? text.length : displayWidth(text));
  if (room < 0) return pad(cutToWidth(text, width), one);
  const length = text.length + room;
  return standsRight ? text.padStart(length) : text.padEnd(length);
}

/** Of a cell right of the grid. */
function linesOf(one: FilledColumn, at: RowAt): readonly string[] {
  return wrapWords(one.cells[at.row]!, one.width).map((text) => painted(text, one, at));
}

const INDENT = "    ";

function drawBelow(one: FilledColumn, at: RowAt): string {
  const text = one.cells[at.row]!;
  if (text === "") return "";
  return wrapWords(`${one.column.header}: ${text}`, at.options.width! - INDENT.length)
    .map((part) => `${INDENT}${painted(part, one, at)}\n`).join("");
}
