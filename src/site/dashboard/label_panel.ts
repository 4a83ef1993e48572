/** The labels of the dashboard. */
import { html } from "hono/html";
import type { LabelRow } from "../../views/dashboard/label_rows.ts";
import type { Dashboard } from "../../views/dashboard/view_dashboard.ts";
import type { Markup } from "../page.ts";
import { renderBar } from "./bar.ts";
import { age, countdown, type PageMoment, shortDuration } from "./moments.ts";
import { panel, panelTable } from "./panel.ts";
import { thingLink } from "./thing_link.ts";
import { readable } from "../page_parts.ts";

export function renderLabels(dashboard: Dashboard): Markup {
  const { labels } = dashboard;
  const body = labels.total === 0
    ? html`<p class="empty">No label is configured: <a href="/manual/configuration">configuration</a>.</p>`
    : panelTable<LabelRow>({
      name: "Labels",
      headers: ["Label", "Nodes", "Ready", "Oldest wait", "Wait 50 / 95 %", "Missing"],
      rows: labels.rows,
      keyOf: ({ name }) => name,
      cells: (row) => cellsOf(row, dashboard),
    });
  return panel({
    id: "labels",
    title: "Labels",
    list: { href: "/label-list", name: "All labels" },
    shown: labels,
    body,
  });
}

function cellsOf(row: LabelRow, moment: PageMoment): (Markup | string)[] {
  const { name, oldest, waiting, waits } = row;
  return [
    thingLink({ kind: "label", name }, name),
    nodesBar(row),
    ready(row),
    oldest === null
      ? "–"
      : html`<span class="figure">${age(oldest, moment)}</span>${waiting > 1 ? ` (${waiting} wait)` : ""}`,
    waits === null
      ? "–"
      : html`<span class="short">${shortDuration(waits.median)} / ${shortDuration(waits.p95)}</span>`,
    missing(row, moment),
  ];
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

function missing({ missing, why, nextTry }: LabelRow, moment: PageMoment): Markup | string {
  if (missing === 0) return "–";
  return html`<span class="figure low">${missing}</span> <span class="why">${
    readable(why || "no reason given")
  }${nextTry === null ? "" : html`; next attempt ${countdown(nextTry, moment)}`}</span>`;
}
