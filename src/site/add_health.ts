/** `/healthz`: the daemon answers at all; `/readyz`: the pool can do its work. Load balancers and monitoring ask. */
import type { Hono } from "hono";
import { visibleText } from "../lib/visible_text.ts";
import type { ReadinessView } from "../views/health.ts";
import { acceptedFormat } from "./negotiate.ts";

export function addHealth(app: Hono, readiness: (how: { strict: boolean }) => ReadinessView): void {
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.get("/readyz", (context) => {
    const view = readiness({ strict: context.req.query("strict") !== undefined });
    const status = view.ready ? 200 : 503;
    context.header("cache-control", "no-cache");
    context.header("vary", "accept");
    if (acceptedFormat(context.req.header("accept")) === "json") return context.json(view, status);
    // One a line, also those that have several themselves.
    const text = view.ready ? "ready\n" : view.reasons.map((reason) => `${visibleText(reason)}\n`).join("");
    return context.body(text, status, { "content-type": "text/plain; charset=utf-8" });
  });
}
