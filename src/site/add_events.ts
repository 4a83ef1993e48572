/** `/events`: what happens in the pool, as server-sent events; a browser's EventSource continues where it left off by itself. */
import type { Hono } from "hono";
import { parametersOf, parseWindow } from "./list_query.ts";
import { SiteError } from "./failure_body.ts";
import type { SiteOptions } from "./site_options.ts";

export function addEvents(app: Hono, { events, report }: SiteOptions): void {
  app.get("/events", async (context) => {
    const query = parametersOf(new URL(context.req.url).searchParams, ["since", "after"]);
    const { since = null } = parseWindow({ since: query["since"] }, report());
    const after = lastIdOf(context.req.header("last-event-id") ?? query["after"]) ??
      await events.startOf(since);
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
function lastIdOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new SiteError(400, `there is no event ${text}: an id is a whole number`);
}
