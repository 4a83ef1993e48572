/** Lists without a grid: of records, and of facts after the words that they are about. */
import { wrapLines } from "../../lib/wrap_words.ts";
import type { FilledColumn } from "./lay_out_table.ts";
import { painted, type RowAt, type TableOptions } from "./table_options.ts";

/** A line for each field, where a terminal is too narrow for a line for each row; empty ones have none. Ends with a line break. */
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

/**
 * A list of facts, each after the word that it is about, without header and borders: what matters stands in the first line.
 * @param columns the words, then what is said of each. Ends with a line break
 */
export function renderTerms(
  [terms, ...values]: readonly FilledColumn[],
  { count, width, options }: { count: number; width: number | null; options: TableOptions },
): string {
  const { marks } = options;
  const line = (row: number) => {
    const mark = marks === undefined ? "" : (marks[row] ?? null) === null ? "  " : "> ";
    const term = mark + terms!.cells[row]!.padEnd(terms!.width + 2);
    const text = values.map(({ cells }) => cells[row]!).join("  ");
    if (width === null || wrapLines(term + text, width) !== term + text) {
      return width === null ? term + text : wrapLines(term + text, width);
    }
    return term + values.map((one) => painted(one.cells[row]!, one, { row, options })).join("  ");
  };
  return Array.from({ length: count }, (_, row) => `${line(row).trimEnd()}\n`).join("");
}
