/**
 * A list as a text table with `+---+` borders, 2016's look, which scripts cut at `|`. Plain and complete unless a
 * width is given: then spare columns are left out and the widest shortened until the table fits.
 */
import { type CellText, cellText, truncate } from "./cell_text.ts";
import { cellOf, type Column } from "./column.ts";

interface TableOptions {
  /** With the wide columns. */
  readonly wide?: boolean;
  /** Columns of the terminal that it must fit; null or not given: as wide as it needs. */
  readonly width?: number | null;
  /** Colours a cell that has been padded already; not given: none. */
  readonly paint?: (padded: string, cell: { readonly field: string; readonly text: string }) => string;
}

/** Ends with a line break. */
export function renderTable<Row>(
  { columns, rows }: { columns: readonly Column<Row>[]; rows: readonly Row[] },
  { wide = false, width = null, paint }: TableOptions = {},
): string {
  const wanted = columns.filter((column) => wide || column.wide !== true);
  const filled = wanted.map((column) => fill(column, rows));
  const shown = width === null ? filled : fit(filled, width);
  const border = `+${shown.map(({ width }) => "-".repeat(width + 2)).join("+")}+\n`;
  const top = border +
    line(shown.map(({ column, width }) => pad(cellText(column.header), { column, width }))) + border;
  if (rows.length === 0) return top;
  const body = rows.map((_, row) =>
    line(shown.map(({ column, cells, width }) => {
      const padded = pad(cells[row]!, { column, width });
      return paint === undefined ? padded : paint(padded, { field: column.field, text: cells[row]!.text });
    }))
  );
  return top + body.join("") + border;
}

/** A column with what stands in it, and how wide it is drawn. */
interface Filled<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly CellText[];
  readonly width: number;
}

function fill<Row>(column: Column<Row>, rows: readonly Row[]): Filled<Row> {
  const cells = rows.map((row) => cellText(cellOf(column, row)));
  const width = cells.reduce((widest, { width }) => Math.max(widest, width), cellText(column.header).width);
  return { column, cells, width };
}

function line(texts: readonly string[]): string {
  return `| ${texts.join(" | ")} |\n`;
}

/** Narrower than the first, a column is hard to read; narrower than the second, it says nothing. */
const COMFORTABLE = 8;
const NARROWEST = 4;

/** Leaves spare columns out, then takes from the widest that may be cut, one character at a time. */
function fit<Row>(columns: readonly Filled<Row>[], available: number): readonly Filled<Row>[] {
  const kept = [...columns];
  while (leastWidth(kept) > available) {
    const spare = kept.filter(({ column }) => column.spare !== undefined).sort(compareSpares)[0];
    if (spare === undefined) break;
    kept.splice(kept.indexOf(spare), 1);
  }
  const widths = cutWidths(kept, available);
  return kept.map((column, index) => ({ ...column, width: widths[index]! }));
}

function leastWidth<Row>(columns: readonly Filled<Row>[]): number {
  return totalWidth(columns.map(({ column, width }) => column.whole ? width : Math.min(width, COMFORTABLE)));
}

/** With borders and blanks. */
function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + 3, 1);
}

/** The one to go first comes first. */
function compareSpares<Row>(left: Filled<Row>, right: Filled<Row>): number {
  const isFilled = ({ cells }: Filled<Row>) => cells.some(({ width }) => width > 0) ? 1 : 0;
  return isFilled(left) - isFilled(right) || left.column.spare! - right.column.spare!;
}

function cutWidths<Row>(columns: readonly Filled<Row>[], available: number): number[] {
  const widths = columns.map(({ width }) => width);
  const cuttable = columns.flatMap(({ column }, index) => column.whole ? [] : [index]);
  for (let excess = totalWidth(widths) - available; excess > 0; excess--) {
    const widest = cuttable.reduce(
      (best, index) => widths[index]! > widths[best]! ? index : best,
      cuttable[0] ?? -1,
    );
    if (widest < 0 || widths[widest]! <= NARROWEST) break;
    widths[widest]!--;
  }
  return widths;
}

function pad<Row>(cell: CellText, { column, width }: { column: Column<Row>; width: number }): string {
  const cut = truncate(cell, width);
  const blanks = " ".repeat(Math.max(0, width - cut.width));
  return column.align === "right" ? blanks + cut.text : cut.text + blanks;
}
