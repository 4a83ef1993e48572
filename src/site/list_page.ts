/** A list as a page: what narrows it, its table, the way to the rest of it and to its other forms. */
import { html } from "hono/html";
import { findColumn } from "../views/tables/choose_rows.ts";
import type { Column } from "../views/tables/column.ts";
import { type AddressChange, link, listAddress } from "./links.ts";
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

/** The page with what its parts have in common. */
type ShownPage = ReturnType<typeof shownPage>;

export function renderListPage(list: ListPage): string {
  const page = shownPage(list);
  const { path, heading, frame, query: { asked }, controls, states, to } = page;
  const body = html`<div id="list">
${states === null || states.size === 0 ? "" : renderStates(states, { path, asked })}
${renderForm(controls, { path, asked })}
${page.rows.length === 0 ? renderNothing(page) : renderRows(page)}
</div>
<p class="small muted screen">As ${
    ["json", "text", "csv"].map((format, index) =>
      html`${index === 0 ? "" : ", "}${
        link(to({ format }), format === "text" ? "text" : format.toUpperCase())
      }`
    )
  }. ${otherColumns(page)}</p>`;
  return renderPage({ frame, heading, body });
}

function shownPage(list: ListPage) {
  const { name, rows, query: { asked, page } } = list;
  const path = `/${name}`;
  // The last one where the list has become shorter than who turns its pages knows.
  const number = Math.min(page ?? 1, Math.max(1, Math.ceil(rows.length / ROWS_OF_PAGE)));
  const shown = rows.slice((number - 1) * ROWS_OF_PAGE, number * ROWS_OF_PAGE);
  return {
    ...list,
    path,
    heading: pageName(path),
    number,
    shown,
    look: columnsOf(list, shown),
    /** The list's address with other parameters. */
    to: (change: AddressChange) => listAddress(path, { asked, change }),
  };
}

function renderNothing({ path, query: { asked }, controls }: ShownPage): Markup {
  const isNarrowed = ["state", "id", ...controls.map(({ name }) => name)].some((key) => asked.has(key));
  return isNarrowed
    ? html`<p class="card nothing">Nothing here matches. <a id="all" href="${path}">Show all</a></p>`
    : html`<p class="card nothing">Nothing here.</p>`;
}

function renderRows(page: ShownPage): Markup {
  const { name, heading, rows, shown, look, query: { sort }, columns, further, to } = page;
  return html`${pager(page)}
${
    renderTableOf({
      ...look,
      name: heading.toLowerCase(),
      list: name,
      rows: shown,
      sort: sort && { ...sort, by: findColumn(columns, sort.by)!.field },
      sorted: (order) => to({ sort: order }),
    })
  }
${rows.length > ROWS_OF_PAGE || further ? pager(page) : ""}`;
}

/** Fields that a page shows otherwise than a terminal. */
const usualFields: Readonly<Record<string, readonly string[]>> = {
  "node-list": ["id", "label", "provider", "az", "state", "age", "hostname", "ip", "job"],
  "request-list": ["id", "label", "count", "state", "age", "nodes", "job", "client"],
  "history": ["id", "label", "provider", "result", "job", "client", "lifetime", "age"],
};

function columnsOf({ name, columns, query: { fields } }: ListPage, rows: readonly object[]): TableLook {
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

function otherColumns({ columns, query: { fields }, look: { grid, below }, to }: ShownPage): Markup {
  if (fields !== null) return link(to({ fields: null }), "The usual columns");
  if (grid.length + below.length === columns.length) return html``;
  return link(to({ fields: columns.map(({ field }) => field).join(",") }), "All columns");
}

/** The things that the rows are, unless the list is called after them; null: lines about one thing, which are not counted. */
const nouns: Readonly<Record<string, string | null>> = {
  "dib-image-list": "build",
  "history": "node",
  "status": null,
};

/** `1–200 of 2,000 nodes`, with the ways to the others. */
function pager({ name, rows, shown, number, further = null, to }: ShownPage): Markup {
  const noun = name in nouns ? nouns[name]! : name.replace(/-list$/, "");
  if (noun === null) return html``;
  const [first, last] = [(number - 1) * ROWS_OF_PAGE + 1, (number - 1) * ROWS_OF_PAGE + shown.length];
  const way = (text: string, change: AddressChange) => link(to(change), text);
  const count = (rows: number) => rows.toLocaleString("en");
  const of = `${count(rows.length)} ${noun}${rows.length === 1 ? "" : "s"}${
    further === null ? "" : " and more"
  }`;
  return html`<p class="pager small muted">${
    shown.length === rows.length
      ? of
      : `${count(first)}–${count(last)} of ${of}: filter them, or go to the next page.`
  }${number > 1 ? way("Previous", { page: number - 1 }) : ""}${
    last < rows.length ? way("Next", { page: number + 1 }) : ""
  }${further !== null && last >= rows.length ? way("Older", further) : ""}</p>`;
}
