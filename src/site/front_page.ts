/** `/`: the pool at a glance, with its labels and providers. */
import { html } from "hono/html";
import type { PoolReport } from "../domain/pool_report.ts";
import { poolLists, viewPool } from "../views/view_pool.ts";
import { type Column, plainColumns } from "../views/tables/column.ts";
import { renderRows } from "./list_page.ts";
import { type Markup, type PageFrame, renderPage } from "./page.ts";

export function renderFrontPage(report: PoolReport, frame: PageFrame): string {
  const sections = (["status", "label-list", "provider-list"] as const).map((name) => section(report, name));
  return renderPage({ frame, heading: "Overview", body: html`${sections}` });
}

function section(report: PoolReport, name: "status" | "label-list" | "provider-list"): Markup {
  const table = poolLists[name].table as {
    columns: readonly Column<object>[];
    rows(view: unknown): readonly object[];
  };
  const rows = table.rows(viewPool(report, { name }));
  const columns = plainColumns({ columns: table.columns, rows });
  return html`
    <h2>${name}</h2>
    ${renderRows({ name, columns, rows })}
  `;
}
