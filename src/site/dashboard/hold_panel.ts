/** The held nodes of the dashboard, each with the line that logs in. */
import { html } from "hono/html";
import type { HoldRow } from "../../views/dashboard/hold_rows.ts";
import type { Dashboard } from "../../views/dashboard/view_dashboard.ts";
import type { Markup } from "../page.ts";
import { age, countdown } from "./moments.ts";
import { panel, panelTable } from "./panel.ts";

export function renderHolds(dashboard: Dashboard): Markup {
  const { holds } = dashboard;
  const body = holds.total === 0 ? html`<p class="empty">Nobody holds a node.</p>` : panelTable<HoldRow>({
    name: "Held nodes",
    headers: ["Node", "By", "For", "Ends", "Log in"],
    rows: holds.rows,
    keyOf: ({ id }) => String(id),
    cells: ({ id, label, holder, reason, since, ends, login }) => [
      html`<a href="/nodes/${id}">${id}</a> <span class="of">${label}</span>`,
      html`${holder || "somebody"}${reason === null ? "" : html`<span class="reason">${reason}</span>`}`,
      age(since, dashboard),
      ends === null ? "when released" : countdown(ends, dashboard),
      html`<code>${login}</code>`,
    ],
  });
  return panel({
    id: "holds",
    title: "Held",
    list: { href: "/node-list?state=hold", name: "All held nodes" },
    shown: holds,
    body,
  });
}
