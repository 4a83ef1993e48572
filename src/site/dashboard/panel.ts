/** A part of the dashboard: its heading with a link to the whole list, its content, and how many rows are left out. */
import { html } from "hono/html";
import type { Shown } from "../../views/dashboard/shown.ts";
import type { Markup } from "../page.ts";

interface Panel {
  readonly id: string;
  readonly title: string;
  /** Where there is more. */
  readonly list?: { readonly href: string; readonly name: string } | undefined;
  /** How many rows there are, and how many are shown. */
  readonly shown?: Shown<unknown> | undefined;
  readonly body: Markup;
}

export function panel({ id, title, list, shown, body }: Panel): Markup {
  const link = list === undefined ? "" : html`<a class="all" href="${list.href}">${list.name}</a>`;
  const more = list === undefined || shown === undefined || shown.total === shown.rows.length ? "" : html`
    <p
      class="more">Shown are ${shown.rows.length} of <a href="${list.href}">all ${shown
        .total}</a>, those that need attention first.</p>
  `;
  return html`<section id="${id}" class="panel" aria-labelledby="${id}-title">
<div class="panel-head"><h2 id="${id}-title">${title}</h2>${link}</div>
${body}
${more}
</section>`;
}

interface PanelTable<Row> {
  /** The table's name for screen readers. */
  readonly name: string;
  readonly headers: readonly string[];
  readonly rows: readonly Row[];
  /** Tells a row from others, now and later. */
  keyOf(row: Row): string;
  /** One for each header; the first is the row's own name. */
  cells(row: Row): readonly (Markup | string)[];
}

/** A table that falls apart into cards where there is little room. */
export function panelTable<Row>({ name, headers, rows, keyOf, cells }: PanelTable<Row>): Markup {
  const head = headers.map((header) => html`<th scope="col">${header}</th>`);
  const lines = rows.map((row) => {
    const [first, ...others] = cells(row);
    const rest = others.map((cell, index) => html`<td data-label="${headers[index + 1]}">${cell}</td>`);
    return html`
      <tr data-key="${keyOf(row)}"><th scope="row">${first}</th>${rest}</tr>
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
