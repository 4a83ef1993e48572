/** The images of the dashboard that are made here. */
import { html } from "hono/html";
import type { MadeImageRow } from "../../views/dashboard/image_rows.ts";
import type { Dashboard } from "../../views/dashboard/view_dashboard.ts";
import type { Markup } from "../page.ts";
import { age, countdown, type PageMoment } from "./moments.ts";
import { panel, panelTable } from "./panel.ts";
import { thingLink } from "./thing_link.ts";
import { readable } from "../page_parts.ts";

export function renderImages(dashboard: Dashboard): Markup {
  const { images } = dashboard;
  const body = images.total === 0
    ? html`<p class="empty">No image is made here: all are used as they are on their clouds.</p>`
    : panelTable<MadeImageRow>({
      name: "Images",
      headers: ["Image", "Where", "Current", "Previous", "Next", "Last failure"],
      rows: images.rows,
      keyOf: ({ name, provider }) => `${name} ${provider ?? ""}`,
      cells: (row) => cellsOf(row, dashboard),
    });
  return panel({
    id: "images",
    title: "Images",
    list: { href: "/image-list", name: "All images" },
    shown: images,
    body,
  });
}

function cellsOf(row: MadeImageRow, moment: PageMoment): (Markup | string)[] {
  const { name, provider, current, previous, failure } = row;
  return [
    thingLink({ kind: "image", name }, name),
    provider ?? "build",
    current === null
      ? html`<span class="state bad">missing</span>`
      : html`<span class="short">${age(current, moment)} old</span>`,
    previous === null ? "–" : html`<span class="short">${age(previous, moment)} old</span>`,
    next(row, moment),
    failure === null ? "–" : renderFailure(failure, moment),
  ];
}

function next({ making, next }: MadeImageRow, moment: PageMoment): Markup | string {
  if (making !== null) {
    const { phase, since, percent } = making;
    const progress = percent === null ? "" : html`
      <progress max="100" value="${percent}" aria-label="Uploaded">${percent} %</progress> ${percent} %
    `;
    return html`${phase} for ${age(since, moment)}${progress}`;
  }
  return next === null ? "when ordered" : countdown(next, moment);
}

function renderFailure(
  { count, error, at, log }: NonNullable<MadeImageRow["failure"]>,
  moment: PageMoment,
): Markup {
  return html`<span class="figure low">${count}</span> <span class="why">${readable(error)}${
    at === null ? "" : html`, ${age(at, moment)} ago`
  }${log === null ? "" : html`; log: <code>${log}</code>`}</span>`;
}
