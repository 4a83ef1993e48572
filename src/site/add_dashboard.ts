/** `/`: the dashboard. Made at most once a second for each history that is looked at, however many keep it open. */
import type { Context, Hono } from "hono";
import type { PoolReport } from "../domain/pool_report.ts";
import type { EventView } from "../views/events.ts";
import { renderDashboard } from "./dashboard/dashboard_page.ts";
import { type HistoryHours, historyHours } from "./dashboard/history_panel.ts";
import type { Body } from "./list_body.ts";
import { refuseOthers } from "./list_query.ts";
import type { RecentBodies } from "./recent_bodies.ts";
import { SiteError } from "./failure_body.ts";

export interface DashboardRoute {
  readonly events: {
    /** The newest first. */
    latest(count: number): Promise<readonly EventView[]>;
  };
}

/** The last events that it shows. */
const EVENTS = 12;
const USUAL: HistoryHours = 6;

export function addDashboard(
  app: Hono,
  { report, events, recent, answer }: DashboardRoute & {
    report(): PoolReport;
    recent: RecentBodies;
    answer(context: Context, body: Body): Response;
  },
): void {
  app.get("/", async (context) => {
    const hours = hoursOf(context.req.query());
    const latest = await events.latest(EVENTS);
    const now = report();
    const render = () => renderDashboard(now, { events: latest, hours });
    return answer(context, await recent.get(`/ ${hours}`, { tag: "", now: now.now }, render));
  });
}

/** @throws SiteError (400) for another parameter, and for other hours than those that can be looked at */
function hoursOf(query: Readonly<Record<string, string>>): HistoryHours {
  refuseOthers(Object.keys(query), ["hours"]);
  if (query["hours"] === undefined) return USUAL;
  const hours = historyHours.find((one) => String(one) === query["hours"]);
  if (hours !== undefined) return hours;
  throw new SiteError(
    400,
    `cannot show a history of ${query["hours"]} hours: use ${historyHours.join(", ")}`,
  );
}
