/**
 * `/`: the page to keep open. Whole without scripts; with them (`dashboard.js`) it follows the pool's events and says when it
 * is out of date. Made at most once a second for each history that is looked at, however many keep it open.
 */
import type { Hono } from "hono";
import { html } from "hono/html";
import type { PoolReport } from "../../domain/pool_report.ts";
import { viewDashboard } from "../../views/dashboard/view_dashboard.ts";
import type { EventView } from "../../views/events.ts";
import { isoTime } from "../../views/view_head.ts";
import { answer } from "../answer.ts";
import { SiteError } from "../failure_body.ts";
import { parametersOf } from "../list_query.ts";
import { pageFrame, renderPage } from "../page.ts";
import type { SiteParts } from "../site_options.ts";
import { type HistoryHours, historyHours, renderHistoryPanel } from "./history_panel.ts";
import { renderImages } from "./image_panel.ts";
import { renderLabels } from "./label_panel.ts";
import { renderMachines } from "./machine_panel.ts";
import { renderNumbers } from "./numbers.ts";
import { renderProviders } from "./provider_panel.ts";
import { renderEvents, renderHolds, renderLate } from "./thing_panels.ts";
import { renderVerdict } from "./verdict.ts";

const EVENTS = 12;
const USUAL: HistoryHours = 6;

export function addDashboard(app: Hono, { report, events, recent }: SiteParts): void {
  app.get("/", async (context) => {
    const hours = hoursOf(new URL(context.req.url).searchParams);
    const latest = await events.latest(EVENTS);
    const now = report();
    const render = () => renderDashboard(now, { events: latest, hours });
    return answer(context, "html", await recent.get(`/ ${hours}`, { tag: "", now: now.now }, render));
  });
}

/** @throws SiteError (400) for another parameter, and for other hours than those that can be looked at */
function hoursOf(query: URLSearchParams): HistoryHours {
  const { hours: asked } = parametersOf(query, ["hours"]);
  if (asked === undefined) return USUAL;
  const hours = historyHours.find((one) => String(one) === asked);
  if (hours !== undefined) return hours;
  throw new SiteError(400, `cannot show a history of ${asked} hours: use ${historyHours.join(", ")}`);
}

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
