/** The labels of the dashboard. */
import { html } from "hono/html";
import type { Moment } from "../../domain/time.ts";
import type { LabelRow } from "../../views/dashboard/label_rows.ts";
import type { Dashboard } from "../../views/dashboard/view_dashboard.ts";
import { thingLink } from "../links.ts";
import { type Markup, readable } from "../page.ts";
import { renderBar } from "./bar.ts";
import { age, countdown, shortDuration } from "./moments.ts";
import { tablePanel } from "./panel.ts";

export function renderLabels(dashboard: Dashboard): Markup {
  return tablePanel({
    id: "labels",
    title: "Labels",
    list: { href: "/label-list", name: "All labels" },
    shown: dashboard.labels,
    empty: html`No label is configured: <a href="/manual/configuration">configuration</a>.`,
    keyOf: ({ name }) => name,
    columns: {
      "Label": ({ name }) => thingLink({ kind: "label", name }, name),
      "Nodes": nodesBar,
      "Ready": ready,
      "Oldest wait": ({ oldest, waiting }) =>
        oldest === null
          ? "–"
          : html`<span class="figure">${age(oldest, dashboard)}</span>${
            waiting > 1 ? ` (${waiting} wait)` : ""
          }`,
      "Wait 50 / 95 %": ({ waits }) =>
        waits === null
          ? "–"
          : html`<span class="short">${shortDuration(waits.median)} / ${shortDuration(waits.p95)}</span>`,
      "Missing": (row) => missing(row, dashboard),
    },
  });
}

function ready({ nodes, minReady }: LabelRow): Markup | string {
  if (minReady === null) return `${nodes.ready}, not configured`;
  if (minReady < 0) return `${nodes.ready}, disabled`;
  if (minReady === 0) return String(nodes.ready);
  const low = nodes.ready < minReady ? " low" : "";
  return html`<span class="short"><span class="figure${low}">${nodes.ready}</span> of ${minReady}</span>`;
}

/** A capacity beyond that would leave nothing to be seen of the nodes. */
const LONGEST = 4;

function nodesBar({ name, nodes, minReady, capacity }: LabelRow): Markup {
  const building = nodes.building + nodes.test;
  const all = nodes.ready + building + nodes.used + nodes.hold + nodes.delete;
  const limit = capacity === null ? "" : ` of at most ${capacity}`;
  const bar = renderBar({
    label:
      `${name}: ${all} nodes${limit}: ${nodes.used} used, ${nodes.hold} held, ${nodes.ready} ready, ${building} ` +
      `building, ${nodes.delete} deleting; min-ready ${minReady ?? 0}`,
    parts: [
      { kind: "ready", amount: nodes.ready },
      { kind: "building", amount: building },
      { kind: "used", amount: nodes.used },
      { kind: "held", amount: nodes.hold },
      { kind: "deleting", amount: nodes.delete },
    ],
    whole: Math.min(capacity ?? all, LONGEST * Math.max(all, minReady ?? 0, 1)),
    mark: Math.max(0, minReady ?? 0),
  });
  return html`<span class="with-bar">${bar}<span class="amount">${all}${
    capacity === null || !Number.isFinite(capacity) ? "" : ` / ${capacity}`
  }</span></span>`;
}

function missing({ missing, why, nextTry }: LabelRow, moment: Moment): Markup | string {
  if (missing === 0) return "–";
  return html`<span class="figure low">${missing}</span> <span class="why">${
    readable(why || "no reason given")
  }${nextTry === null ? "" : html`; next attempt ${countdown(nextTry, moment)}`}</span>`;
}
