/** The images of the dashboard that are made here. */
import { html } from "hono/html";
import type { Moment } from "../../domain/time.ts";
import type { MadeImageRow } from "../../views/dashboard/image_rows.ts";
import type { Dashboard } from "../../views/dashboard/view_dashboard.ts";
import { thingLink } from "../links.ts";
import { type Markup, readable } from "../page.ts";
import { age, countdown } from "./moments.ts";
import { tablePanel } from "./panel.ts";

export function renderImages(dashboard: Dashboard): Markup {
  return tablePanel({
    id: "images",
    title: "Images",
    list: { href: "/image-list", name: "All images" },
    shown: dashboard.images,
    empty: "No image is made here: all are used as they are on their clouds.",
    keyOf: ({ name, provider }) => `${name} ${provider ?? ""}`,
    columns: {
      "Image": ({ name }) => thingLink({ kind: "image", name }, name),
      "Where": ({ provider }) => provider ?? "build",
      "Current": ({ current }) =>
        current === null
          ? html`<span class="state bad">missing</span>`
          : html`<span class="short">${age(current, dashboard)} old</span>`,
      "Previous": ({ previous }) =>
        previous === null ? "–" : html`<span class="short">${age(previous, dashboard)} old</span>`,
      "Next": (row) => next(row, dashboard),
      "Last failure": ({ failure }) => failure === null ? "–" : renderFailure(failure, dashboard),
    },
  });
}

function next({ making, next }: MadeImageRow, moment: Moment): Markup | string {
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
  moment: Moment,
): Markup {
  return html`<span class="figure low">${count}</span> <span class="why">${readable(error)}${
    at === null ? "" : html`, ${age(at, moment)} ago`
  }${log === null ? "" : html`; log: <code>${log}</code>`}</span>`;
}
