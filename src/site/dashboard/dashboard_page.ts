/**
 * `/`: the page to keep open. Whole without scripts; with them (`dashboard.js`) it follows the pool's events and says when it
 * is out of date.
 */
import { html } from "hono/html";
import type { PoolReport } from "../../domain/pool_report.ts";
import { viewDashboard } from "../../views/dashboard/view_dashboard.ts";
import type { EventView } from "../../views/events.ts";
import { isoTime } from "../../views/view_head.ts";
import { pageFrame, renderPage } from "../page.ts";
import { type HistoryHours, renderHistoryPanel } from "./history_panel.ts";
import { renderImages } from "./image_panel.ts";
import { renderLabels } from "./label_panel.ts";
import { renderMachines } from "./machine_panel.ts";
import { renderNumbers } from "./numbers.ts";
import { renderProviders } from "./provider_panel.ts";
import { renderEvents, renderHolds, renderLate } from "./thing_panels.ts";
import { renderVerdict } from "./verdict.ts";

/** @param asked `events`: the newest first */
export function renderDashboard(
  report: PoolReport,
  { events, hours }: { events: readonly EventView[]; hours: HistoryHours },
): string {
  const dashboard = viewDashboard(report);
  const frame = pageFrame(report, "/");
  const body = html`<div id="board" data-now="${isoTime(report.now, report)}" data-version="${frame.version}">
<p id="freshness" role="status" data-keep></p>
<noscript><p class="hint">Without scripts, this page does not update itself: <a href="/?hours=${hours}">load it again</a>.</p></noscript>
${renderVerdict(dashboard)}
${renderNumbers(dashboard, report.samples)}
${renderLabels(dashboard)}
${renderProviders(dashboard)}
${renderLate(dashboard)}
${renderHolds(dashboard)}
${renderImages(dashboard)}
${renderMachines(dashboard)}
${renderEvents(events, dashboard)}
${renderHistoryPanel(report.samples, { hours, moment: dashboard })}
</div>`;
  return renderPage({
    frame,
    heading: "Overview",
    body,
    problems: dashboard.problems.total,
    scripts: ["/dashboard.js"],
  });
}
