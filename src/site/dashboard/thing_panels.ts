/** The panels of the dashboard on single things: those that are late, the nodes that are held, and the last events. */
import { html } from "hono/html";
import type { Moment } from "../../domain/time.ts";
import type { Dashboard } from "../../views/dashboard/view_dashboard.ts";
import type { EventView } from "../../views/events.ts";
import { thingLink } from "../links.ts";
import { type Markup, readable } from "../page.ts";
import { age, countdown } from "./moments.ts";
import { panel, tablePanel } from "./panel.ts";

export function renderLate(dashboard: Dashboard): Markup {
  return tablePanel({
    id: "late",
    title: "Stuck or late",
    list: { href: "/node-list?sort=-age", name: "Nodes by age" },
    shown: dashboard.late,
    empty: "Nothing takes longer than it should.",
    keyOf: ({ thing, what }) => `${thing.kind} ${thing.name} ${what}`,
    columns: {
      "Thing": ({ thing }) => thingLink(thing),
      "Of": ({ what }) => what,
      "For": ({ since }) => html`<span class="figure">${age(since, dashboard)}</span>`,
      "Doing": ({ doing }) => html`<span class="why">${readable(doing)}</span>`,
    },
  });
}

/** Each with the line that logs in. */
export function renderHolds(dashboard: Dashboard): Markup {
  return tablePanel({
    id: "holds",
    title: "Held",
    list: { href: "/node-list?state=hold", name: "All held nodes" },
    name: "Held nodes",
    shown: dashboard.holds,
    empty: "Nobody holds a node.",
    keyOf: ({ id }) => String(id),
    columns: {
      "Node": ({ id, label }) => html`<a href="/nodes/${id}">${id}</a> <span class="of">${label}</span>`,
      "By": ({ holder, reason }) =>
        html`${holder || "somebody"}${reason === null ? "" : html`<span class="reason">${reason}</span>`}`,
      "For": ({ since }) => age(since, dashboard),
      "Ends": ({ ends }) => ends === null ? "when released" : countdown(ends, dashboard),
      "Log in": ({ login }) => html`<code>${login}</code>`,
    },
  });
}

/** @param events the newest first */
export function renderEvents(events: readonly EventView[], moment: Moment): Markup {
  const items = events.map((event) =>
    html`
      <li
        data-key="${event.id}"><span class="when">${age(
          Date.parse(event.time) - moment.wallOffset,
          moment,
        )}</span> <span class="kind">${event.kind}</span> <span class="what">${what(event)}</span></li>
    `
  );
  const body = items.length === 0
    ? html`<p class="empty">Nothing has happened yet.</p>`
    : html`<ol class="events">${items}</ol>`;
  return panel({
    id: "events",
    title: "Last events",
    list: { href: "/history", name: "Past nodes" },
    body,
  });
}

function what({ subject, message }: EventView): Markup | Markup[] {
  return subject.type === "node" && subject.id !== null
    ? html`<a href="/nodes/${subject.id}">${message}</a>`
    : readable(message);
}
