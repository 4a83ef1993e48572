/**
 * A list as CSV (RFC 4180): JSON's field names, all columns, plain values; times and durations as in JSON. Names and
 * comments come from anybody, and spreadsheets run what looks like a formula: such texts get an apostrophe in front.
 */
import { cellOf, type Column, type ShownList, valueAt } from "./column.ts";

export function renderCsv<Row extends object>(shown: ShownList<Row>): string {
  return [...csvLines(shown)].join("");
}

/** One after the other, each with its line break. */
export function* csvLines<Row extends object>({ columns, rows }: ShownList<Row>): Iterable<string> {
  yield csvLine(columns.map(({ field }) => field));
  for (const row of rows) yield csvLine(columns.map((column) => valueOf(row, column)));
}

function csvLine(values: readonly string[]): string {
  return `${values.map(quote).join(",")}\r\n`;
}

/** The row's own value where it is plain, the table's text where it is a list or an object. */
function valueOf<Row extends object>(row: Row, column: Column<Row>): string {
  const value = valueAt(row, column.field);
  if (value === null) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return defused(typeof value === "string" ? value : cellOf(column, row));
}

/**
 * The beginnings of formulas in spreadsheets; with apostrophes before it too, so that one taken away gives back the
 * text.
 */
const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

function defused(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
