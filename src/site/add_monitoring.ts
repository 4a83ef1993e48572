/** The routes for load balancers and monitoring: `/healthz`, `/readyz` and `/metrics`. */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Hono } from "hono";
import { visibleText } from "../lib/visible_text.ts";
import type { ReadinessView } from "../views/health.ts";
import { acceptedFormat, acceptsGzip, prefersOpenMetrics } from "./negotiate.ts";
import type { SiteParts } from "./site_options.ts";

/** `/healthz`: the daemon answers at all; `/readyz`: the pool can do its work. */
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

/** For Prometheus: in its own text format or as OpenMetrics, compressed for a client that takes that. */
export function addMetrics(app: Hono, { report, scrape, recent }: SiteParts): void {
  app.get("/metrics", async (context) => {
    const now = report();
    const isOpenMetrics = prefersOpenMetrics(context.req.header("accept"));
    const isCompressed = acceptsGzip(context.req.header("accept-encoding"));
    const question = `/metrics ${isOpenMetrics} ${isCompressed}`;
    const { contentType, body } = await recent.get(question, { tag: "", now: now.now }, async () => {
      const { contentType, body } = await scrape(now, { isOpenMetrics });
      return { contentType, body: isCompressed ? new Uint8Array(await promisify(gzip)(body)) : body };
    });
    context.header("content-type", contentType);
    context.header("vary", "accept, accept-encoding");
    if (isCompressed) context.header("content-encoding", "gzip");
    return context.body(body);
  });
}
