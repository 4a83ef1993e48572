/** `/metrics`, for Prometheus: in its own text format or as OpenMetrics, compressed for a client that takes that. */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Hono } from "hono";
import { acceptsGzip, prefersOpenMetrics } from "./negotiate.ts";
import type { SiteParts } from "./site_options.ts";

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
