/** A list of facts, each after the word that it is about, without header and borders: what matters stands in the first line. */
import { wrapLines } from "../../lib/wrap_words.ts";
import type { FilledColumn } from "./lay_out_table.ts";
import { painted, type TableOptions } from "./table_options.ts";

/** @param columns the words, then what is said of each. Ends with a line break */
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
