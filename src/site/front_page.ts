/** `/`: the pool at a glance, with its labels and providers. */
import { html } from "hono/html";
import { wholePool } from "../domain/samples/sample.ts";
import { HOUR } from "../domain/time.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { poolLists, viewPool } from "../views/view_pool.ts";
import type { Column } from "../views/tables/column.ts";
import { renderPoolChart } from "./charts/pool_chart.ts";
import { renderSparkline } from "./charts/sparkline.ts";
import { listAddress } from "./list_address.ts";
import { lookOf, renderTableOf } from "./list_table.ts";
import { type Markup, type PageFrame, renderPage } from "./page.ts";

export function renderFrontPage(report: PoolReport, frame: PageFrame): string {
  const sections = (["status", "label-list", "provider-list"] as const).map((name) => section(report, name));
  return renderPage({ frame, heading: "Overview", body: html`${sections}${recentHours(report)}` });
}

function recentHours(report: PoolReport): Markup {
  const readings = report.samples.read(wholePool, { now: report.now, span: 6 * HOUR });
  const over = "the last 6 hours";
  return html`
    <h2>History</h2>
    <p>Waiting requests over ${over}: ${renderSparkline(readings.waiting, {
      name: "Waiting requests",
      over,
    })}</p>
    ${renderPoolChart(readings, { id: "servers", name: "All servers", span: 6 * HOUR, moment: report })}
  `;
}

function section(report: PoolReport, name: "status" | "label-list" | "provider-list"): Markup {
  const table = poolLists[name].table as {
    columns: readonly Column<object>[];
    rows(view: unknown): readonly object[];
  };
  const rows = table.rows(viewPool(report, { name }));
  return html`
    <h2>${name}</h2>
    ${renderTableOf({
      ...lookOf(table.columns, rows),
      name,
      list: name,
      rows,
      sort: null,
      sorted: (order) => listAddress(`/${name}`, { asked: new URLSearchParams(), change: { sort: order } }),
    })}
  `;
}
