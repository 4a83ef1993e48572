/** `/events`: what happens in the pool, as server-sent events; a browser's EventSource continues where it left off by itself. */
import type { Context, Hono } from "hono";
import { parseWindow, refuseOthers } from "./list_query.ts";
import { SiteError } from "./failure_body.ts";
import type { SiteOptions } from "./site_options.ts";

export function addEvents(app: Hono, { events, report }: SiteOptions): void {
  app.get("/events", async (context) => {
    const { since: text, ...query } = context.req.query();
    refuseOthers(Object.keys(query), ["since", "after"]);
    const { since = null } = parseWindow({ since: text }, report());
    const after = lastIdOf(context) ?? await events.startOf(since);
    const body = events.open({ after, follow: true, signal: context.req.raw.signal });
    return context.body(body, 200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      // For nginx, which would keep them back otherwise.
      "x-accel-buffering": "no",
      "transfer-encoding": "chunked",
    });
  });
}

/** Of the last event that the client has; null: it says none. */
function lastIdOf(context: Context): number | null {
  const text = context.req.header("last-event-id") ?? context.req.query("after");
  if (text === undefined) return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new SiteError(400, `there is no event ${text}: an id is a whole number`);
}
