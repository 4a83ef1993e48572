/** A list as CSV (RFC 4180): JSON's field names, all columns, plain values; times and durations as in JSON. */
import type { Column } from "./column.ts";

export function renderCsv<Row extends object>(
  { columns, rows }: { columns: readonly Column<Row>[]; rows: readonly Row[] },
): string {
  const header = columns.map(({ field }) => quote(field)).join(",");
  const lines = rows.map((row) => columns.map((column) => quote(valueOf(row, column))).join(","));
  return [header, ...lines].map((line) => `${line}\r\n`).join("");
}

/** The row's own value where it is plain, the table's text where it is a list or an object. */
function valueOf<Row extends object>(row: Row, column: Column<Row>): string {
  const value = (row as Record<string, unknown>)[column.field];
  if (value === null) return "";
  return typeof value === "object" || value === undefined ? column.cell(row) : String(value);
}

function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
