/** The things of the dashboard that take longer than they should. */
import { html } from "hono/html";
import type { LateThing } from "../../views/dashboard/late_things.ts";
import type { Dashboard } from "../../views/dashboard/view_dashboard.ts";
import type { Markup } from "../page.ts";
import { age } from "./moments.ts";
import { panel, panelTable } from "./panel.ts";
import { thingLink } from "./thing_link.ts";
import { readable } from "../page_parts.ts";

export function renderLate(dashboard: Dashboard): Markup {
  const { late } = dashboard;
  const body = late.total === 0
    ? html`<p class="empty">Nothing takes longer than it should.</p>`
    : panelTable<LateThing>({
      name: "Stuck or late",
      headers: ["Thing", "Of", "For", "Doing"],
      rows: late.rows,
      keyOf: ({ thing, what }) => `${thing.kind} ${thing.name} ${what}`,
      cells: ({ thing, what, doing, since }) => [
        thingLink(thing),
        what,
        html`<span class="figure">${age(since, dashboard)}</span>`,
        html`<span class="why">${readable(doing)}</span>`,
      ],
    });
  return panel({
    id: "late",
    title: "Stuck or late",
    list: { href: "/node-list?sort=-age", name: "Nodes by age" },
    shown: late,
    body,
  });
}
