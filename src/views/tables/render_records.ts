/** A list with a line for each field, where a terminal is too narrow for a line for each row. Empty fields have none. */
import { wrapLines } from "../../lib/wrap_words.ts";
import type { FilledColumn } from "./lay_out_table.ts";
import { painted, type RowAt, type TableOptions } from "./table_options.ts";

/** Ends with a line break. */
export function renderRecords(
  columns: readonly FilledColumn[],
  { count, width, options }: { count: number; width: number; options: TableOptions },
): string {
  if (count === 0) return "nothing to list\n";
  const widest = Math.max(...columns.map(({ column }) => column.header.length));
  const fields = (row: number) =>
    columns.filter(({ cells }) => cells[row] !== "")
      .map((one) => renderField(one, { row, options, width, widest }));
  return Array.from({ length: count }, (_, row) => fields(row).join("")).join("\n");
}

function renderField(
  one: FilledColumn,
  { width, widest, ...at }: RowAt & { width: number; widest: number },
): string {
  const { column, cells } = one;
  const { row, options: { marks } } = at;
  const mark = marks === undefined ? "" : marks[row]?.has(column.field) ? "> " : "  ";
  const term = mark + column.header.padEnd(widest + 2);
  const text = cells[row]!;
  const wrapped = wrapLines(term + text, width);
  return `${wrapped === term + text ? term + painted(text, one, at) : wrapped}\n`;
}
