/** A part of the dashboard: its heading with a link to the whole list, its content, and how many rows are left out. */
import { html } from "hono/html";
import type { Shown } from "../../views/dashboard/shown.ts";
import type { Markup } from "../page.ts";

interface Panel {
  readonly id: string;
  readonly title: string;
  readonly list?: { readonly href: string; readonly name: string };
  readonly body: Markup;
}

export function panel({ id, title, list, body }: Panel): Markup {
  const link = list === undefined ? "" : html`<a class="all" href="${list.href}">${list.name}</a>`;
  return html`<section id="${id}" class="panel" aria-labelledby="${id}-title">
<div class="panel-head"><h2 id="${id}-title">${title}</h2>${link}</div>
${body}
</section>`;
}

interface TablePanel<Row> extends Required<Omit<Panel, "body">> {
  /** The table's name for screen readers; not given: the title. */
  readonly name?: string;
  readonly shown: Shown<Row>;
  /** In place of a table without rows. */
  readonly empty: Markup | string;
  /** Tells a row from others, now and later. */
  keyOf(row: Row): string;
  /** By header; the first is the row's own name. */
  readonly columns: Readonly<Record<string, (row: Row) => Markup | string>>;
}

/** A panel with a table that falls apart into cards where there is little room. */
export function tablePanel<Row>(table: TablePanel<Row>): Markup {
  const { id, title, list, shown: { rows, total }, empty } = table;
  if (total === 0) return panel({ id, title, list, body: html`<p class="empty">${empty}</p>` });
  const more = total === rows.length ? "" : html`
    <p
      class="more">Shown are ${rows.length} of <a href="${list
        .href}">all ${total}</a>, those that need attention first.</p>
  `;
  return panel({ id, title, list, body: html`${renderTable(table)}\n${more}` });
}

function renderTable<Row>({ title, name = title, shown, keyOf, columns }: TablePanel<Row>): Markup {
  const head = Object.keys(columns).map((header) => html`<th scope="col">${header}</th>`);
  const lines = shown.rows.map((row) => {
    const [first, ...others] = Object.entries(columns).map(([header, cell], index) =>
      index === 0
        ? html`<th scope="row">${cell(row)}</th>`
        : html`<td data-label="${header}">${cell(row)}</td>`
    );
    return html`
      <tr data-key="${keyOf(row)}">${first}${others}</tr>
    `;
  });
  return html`
    <table class="cards" aria-label="${name}">
      <thead>
        <tr>${head}</tr>
      </thead>
      <tbody>${lines}</tbody>
    </table>
  `;
}
