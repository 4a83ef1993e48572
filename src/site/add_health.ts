/** `/healthz`: the daemon answers at all; `/readyz`: the pool can do its work. Load balancers and monitoring ask. */
import type { Hono } from "hono";
import type { PoolReport } from "../domain/pool_report.ts";
import { visibleText } from "../lib/visible_text.ts";
import { viewReadiness } from "../views/health.ts";
import { acceptedFormat } from "./negotiate.ts";

export function addHealth(app: Hono, { report }: { report(): PoolReport }): void {
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.get("/readyz", (context) => {
    const strict = context.req.query("strict") !== undefined;
    const readiness = viewReadiness(report(), { strict });
    const status = readiness.ready ? 200 : 503;
    context.header("cache-control", "no-cache");
    context.header("vary", "accept");
    if (acceptedFormat(context.req.header("accept")) === "json") return context.json(readiness, status);
    const text = readiness.ready ? "ready\n" : lines(readiness.reasons);
    return context.body(text, status, { "content-type": "text/plain; charset=utf-8" });
  });
}

/** One a line, also those that have several themselves. */
function lines(texts: readonly string[]): string {
  return texts.map((text) => `${visibleText(text)}\n`).join("");
}
