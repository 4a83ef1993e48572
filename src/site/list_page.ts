/** A list as a page: what narrows it, its table, the way to the rest of it and to its other forms. */
import { html } from "hono/html";
import { findColumn } from "../views/tables/choose_rows.ts";
import type { Column } from "../views/tables/column.ts";
import { listAddress } from "./links.ts";
import { type ListControl, renderForm, renderStates, type StateCountsOfRows } from "./list_controls.ts";
import { type ListQuery, ROWS_OF_PAGE } from "./list_query.ts";
import { lookOf, renderTableOf, type TableLook } from "./list_table.ts";
import { type Markup, type PageFrame, pageName, renderPage } from "./page.ts";

interface ListPage {
  readonly name: string;
  readonly frame: PageFrame;
  /** All of the list's. */
  readonly columns: readonly Column<object>[];
  /** That pass, in order. */
  readonly rows: readonly object[];
  readonly query: ListQuery;
  readonly controls: readonly ListControl[];
  /** Of the rows whatever their state; null: they have none. */
  readonly states: StateCountsOfRows | null;
  /** The parameters that lead to rows that are not among these; null: there are none. */
  readonly further?: Readonly<Record<string, string | number>> | null;
}

export function renderListPage(page: ListPage): string {
  const { name, frame, query: { asked }, controls, states } = page;
  const path = `/${name}`;
  const heading = pageName(path);
  const body = html`<div id="list">
${states === null || states.size === 0 ? "" : renderStates(states, { path, asked })}
${renderForm(controls, { path, asked })}
${page.rows.length === 0 ? renderNothing(page) : renderRowsOf(page)}
</div>
<p class="small muted screen">As ${
    ["json", "text", "csv"].map((format, index) =>
      html`${index === 0 ? "" : ", "}<a href="${listAddress(path, { asked, change: { format } })}">${
        format === "text" ? "text" : format.toUpperCase()
      }</a>`
    )
  }. ${otherColumns(page)}</p>`;
  return renderPage({ frame, heading, body });
}

function renderNothing({ name, query: { asked }, controls }: ListPage): Markup {
  const isNarrowed = ["state", "id", ...controls.map(({ name }) => name)].some((key) => asked.has(key));
  return isNarrowed
    ? html`<p class="card nothing">Nothing here matches. <a id="all" href="/${name}">Show all</a></p>`
    : html`<p class="card nothing">Nothing here.</p>`;
}

function renderRowsOf(page: ListPage): Markup {
  const { name, rows, query: { asked, sort }, columns } = page;
  const path = `/${name}`;
  const shown = shownRows(page);
  const by = sort && findColumn(columns, sort.by)!.field;
  return html`${pager(page, shown.length)}
${
    renderTableOf({
      ...columnsOf(page),
      name: pageName(path).toLowerCase(),
      list: name,
      rows: shown,
      sort: by === null ? null : { by, isDescending: sort!.isDescending },
      sorted: (order) => listAddress(path, { asked, change: { sort: order } }),
    })
  }
${rows.length > ROWS_OF_PAGE || page.further ? pager(page, shown.length) : ""}`;
}

function shownRows(page: ListPage): readonly object[] {
  const number = numberOf(page);
  return page.rows.slice((number - 1) * ROWS_OF_PAGE, number * ROWS_OF_PAGE);
}

/** The last one where the list has become shorter than who turns its pages knows. */
function numberOf({ rows, query: { page } }: ListPage): number {
  return Math.min(page ?? 1, Math.max(1, Math.ceil(rows.length / ROWS_OF_PAGE)));
}

/** Fields that a page shows otherwise than a terminal. */
const usualFields: Readonly<Record<string, readonly string[]>> = {
  "node-list": ["id", "label", "provider", "az", "state", "age", "hostname", "ip", "job"],
  "request-list": ["id", "label", "count", "state", "age", "nodes", "job", "client"],
  "history": ["id", "label", "provider", "result", "job", "client", "lifetime", "age"],
};

function columnsOf(page: ListPage): TableLook {
  const { name, columns, query: { fields } } = page;
  const rows = shownRows(page);
  const named = (fields: readonly string[]) =>
    fields.map((field) => columns.find((column) => column.field === field)!);
  if (fields !== null) return { grid: named(fields), below: [] };
  const usual = usualFields[name];
  if (usual === undefined) return lookOf(columns, rows);
  const reasons = columns.filter(({ kind }) => kind === "reason");
  return lookOf([
    ...named(usual).map((column) => ({ ...column, wide: undefined, spare: undefined })),
    ...reasons,
  ], rows);
}

function otherColumns(page: ListPage): Markup {
  const { name, columns, query: { asked, fields } } = page;
  const path = `/${name}`;
  if (fields !== null) {
    return html`<a href="${listAddress(path, { asked, change: { fields: null } })}">The usual columns</a>`;
  }
  const all = columns.map(({ field }) => field);
  const { grid, below } = columnsOf(page);
  if (grid.length + below.length === all.length) return html``;
  return html`<a href="${listAddress(path, { asked, change: { fields: all.join(",") } })}">All columns</a>`;
}

/** The things that the rows are; left out: lines about one thing, which nobody counts. */
const nouns: Readonly<Record<string, string>> = {
  "node-list": "node",
  "label-list": "label",
  "provider-list": "provider",
  "request-list": "request",
  "image-list": "image",
  "dib-image-list": "build",
  "job-list": "job",
  "history": "node",
};

/** `1–200 of 2,000 nodes`, with the ways to the others. */
function pager(list: ListPage, shown: number): Markup {
  const { name, rows, query: { asked }, further = null } = list;
  const path = `/${name}`;
  const page = numberOf(list);
  const [from, to] = [(page - 1) * ROWS_OF_PAGE + 1, (page - 1) * ROWS_OF_PAGE + shown];
  const way = (text: string, change: Readonly<Record<string, string | number>>) =>
    html`
      <a href="${listAddress(path, { asked, change })}">${text}</a>
    `;
  const isWhole = shown === rows.length;
  const noun = nouns[name];
  if (noun === undefined) return html``;
  const of = `${counted(rows.length, noun)}${further === null ? "" : " and more"}`;
  return html`<p class="pager small muted">${
    isWhole
      ? of
      : `${from.toLocaleString("en")}–${
        to.toLocaleString("en")
      } of ${of}: filter them, or go to the next page.`
  }${page > 1 ? way("Previous", { page: page - 1 }) : ""}${
    to < rows.length ? way("Next", { page: page + 1 }) : ""
  }${further !== null && to >= rows.length ? way("Older", further) : ""}</p>`;
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
