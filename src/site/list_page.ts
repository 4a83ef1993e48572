/** A list as a page. */
import { html } from "hono/html";
import { cellOf, type Column, standsRight } from "../views/tables/column.ts";
import { type Markup, type PageFrame, renderPage } from "./page.ts";

interface ListPage {
  readonly name: string;
  readonly frame: PageFrame;
  readonly columns: readonly Column<object>[];
  readonly rows: readonly object[];
  /** ISO 8601. */
  readonly at: string;
}

export function renderListPage({ name, frame, columns, rows, at }: ListPage): string {
  const body = html`${renderRows({ name, columns, rows })}
<p>${rows.length} in the list, at <time datetime="${at}">${at}</time>.
<a href="/${name}?format=json">JSON</a>, <a href="/${name}?format=text">text</a>,
<a href="/${name}?format=csv">CSV</a></p>`;
  return renderPage({ frame, heading: name, body });
}

/** The table itself; it scrolls sideways by keyboard too. */
export function renderRows(
  { name, columns, rows }: Pick<ListPage, "name" | "columns" | "rows">,
): Markup {
  const header = columns.map((column) =>
    html`<th scope="col" class="${classOf(column)}">${column.header}</th>`
  );
  const lines = rows.map((row) =>
    html`
      <tr>${columns.map((column) => cell(name, { column, row }))}</tr>
    `
  );
  return html`
    <div class="scroll" role="region" aria-label="${name}" tabindex="0">
      <table>
        <thead>
          <tr>${header}</tr>
        </thead>
        <tbody>
    ${lines}</tbody>
      </table>
    </div>
  `;
}

function cell(name: string, { column, row }: { column: Column<object>; row: object }): Markup {
  const text = cellOf(column, row);
  const folder = column.field === "id" ? nodeFolders[name] : undefined;
  const content = folder === undefined ? text : html`<a href="/${folder}/${text}">${text}</a>`;
  return html`<td class="${classOf(column)}">${content}</td>`;
}

/** Where one of a list's nodes has a page of its own. */
const nodeFolders: Readonly<Record<string, string>> = { "node-list": "nodes", history: "history" };

function classOf(column: Column<object>): string {
  return standsRight(column) ? "number" : "text";
}
