/**
 * A list's rows as a table. Reasons go on below their row, whole, so that the columns stay narrow; on a telephone each row is a
 * card. Headers lead to the list sorted by their column.
 */
import { html, raw } from "hono/html";
import { SECOND, spacedDuration } from "../domain/time.ts";
import type { SortOrder } from "../views/tables/choose_rows.ts";
import { cellOf, type Column, standsRight, valueAt } from "../views/tables/column.ts";
import { linkOf } from "./links.ts";
import { type Markup, readable } from "./page.ts";

export interface TableLook {
  /** In the table itself, and below each row. */
  readonly grid: readonly Column<object>[];
  readonly below: readonly Column<object>[];
}

interface ShownTable extends TableLook {
  /** For readers. */
  readonly name: string;
  /** By its own name. */
  readonly list: string;
  readonly rows: readonly object[];
  readonly sort: SortOrder | null;
  /** The address of the list in another order. */
  sorted(order: string): string;
}

/** The columns in which something stands, in the order of the list. */
export function lookOf(columns: readonly Column<object>[], rows: readonly object[]): TableLook {
  const given = columns.filter((column) => isUsual(column) && isWanted(column, rows));
  const reasons = given.filter(({ kind }) => kind === "reason");
  const grid = given.filter(({ kind }) => kind !== "reason");
  // One reason beside few columns is better read in a column of its own.
  return reasons.length === 1 && grid.length <= 4 ? { grid: given, below: [] } : { grid, below: reasons };
}

/** Below this, a terminal leaves a column out first, and so does a page. */
const LEAST_SPARE = 4;

function isUsual({ kind, wide, spare = LEAST_SPARE }: Column<object>): boolean {
  return kind === "reason" || (wide !== true && spare >= LEAST_SPARE);
}

/** Whether it says what the rows are, or something stands in it; of counts, whether one is not 0. */
function isWanted(column: Column<object>, rows: readonly object[]): boolean {
  if (["id", "name", "state"].includes(column.kind ?? "")) return true;
  const nothing = column.kind === "count" ? ["", "0"] : [""];
  return rows.some((row) => !nothing.includes(cellOf(column, row)));
}

export function renderTableOf(table: ShownTable): Markup {
  const { name, rows, grid } = table;
  return html`
    <div class="scroll list" role="region" aria-label="${name}" tabindex="0">
      <table>
        <thead>
          <tr>${grid.map((column) => head(column, table))}</tr>
        </thead>
        <tbody>
    ${rows.map((row) => renderRow(row, table))}</tbody>
      </table>
    </div>
  `;
}

function head(column: Column<object>, { sort, sorted }: ShownTable): Markup {
  const { field, header } = column;
  const isBy = sort?.by === field;
  const next = isBy && !sort.isDescending ? `-${field}` : field;
  const order = isBy ? raw(` aria-sort="${sort.isDescending ? "descending" : "ascending"}"`) : "";
  return html`
    <th scope="col" class="${classOf(column)}"
      ${order}><a id="sort-${field}" href="${sorted(next)}">${header}</a></th>
  `;
}

function renderRow(row: object, { list, grid, below }: ShownTable): Markup {
  const notes = below.flatMap((column) => {
    const text = cellOf(column, row);
    return text === ""
      ? []
      : [html`<p class="${column.field}"><b>${column.header}</b> ${readable(text)}</p>`];
  });
  const more = notes.length === 0 ? "" : html`
    <tr class="more">
      <td colspan="${grid.length}">${notes}</td>
    </tr>
  `;
  return html`<tr>${grid.map((column) => renderCell(list, { column, row }))}</tr>
${more}`;
}

function renderCell(list: string, { column, row }: { column: Column<object>; row: object }): Markup {
  const text = cellOf(column, row);
  const href = text === "" ? null : linkOf(list, { field: column.field, text, row });
  const shown = shownText(column, { text, row });
  const content = href === null ? shown : html`<a href="${href}">${shown}</a>`;
  return html`<td class="${classOf(column)}" data-name="${column.header}">${content}</td>`;
}

function shownText(
  column: Column<object>,
  { text, row }: { text: string; row: object },
): Markup | Markup[] | string {
  if (text === "") return "";
  switch (column.kind) {
    case "state":
      return html`<span class="state state-${text.split(/\W/)[0]}">${text}</span>`;
    case "term":
      return html`<span class="term-${text.split(/\W/)[0]}">${text}</span>`;
    case "age": {
      const seconds = valueAt(row, column.field);
      return typeof seconds === "number" ? spacedDuration(seconds * SECOND) : text;
    }
    case "time":
    case "reason":
      return readable(text);
    case "count":
      return text === "0" ? html`<span class="muted">0</span>` : text;
    default:
      return text;
  }
}

function classOf(column: Column<object>): string {
  return standsRight(column) ? "number" : `is-${column.kind ?? "text"}`;
}
