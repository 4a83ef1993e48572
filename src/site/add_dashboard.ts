/** `/`: the dashboard. Made at most once a second for each history that is looked at, however many keep it open. */
import type { Hono } from "hono";
import { answer } from "./answer.ts";
import { renderDashboard } from "./dashboard/dashboard_page.ts";
import { type HistoryHours, historyHours } from "./dashboard/history_panel.ts";
import { parametersOf } from "./list_query.ts";
import type { SiteParts } from "./site_options.ts";
import { SiteError } from "./failure_body.ts";

/** The last events that it shows. */
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
