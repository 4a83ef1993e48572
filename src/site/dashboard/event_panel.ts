/** The last events of the dashboard. */
import { html } from "hono/html";
import type { EventView } from "../../views/events.ts";
import type { Markup } from "../page.ts";
import { age, type PageMoment } from "./moments.ts";
import { panel } from "./panel.ts";
import { readable } from "../page_parts.ts";

/** @param events the newest first */
export function renderEvents(events: readonly EventView[], moment: PageMoment): Markup {
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
