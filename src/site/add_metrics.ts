/** `/metrics`, for Prometheus: in its own text format or as OpenMetrics, compressed for a client that takes that. */
import type { Hono } from "hono";
import { compress } from "hono/compress";
import type { PoolReport } from "../domain/pool_report.ts";
import { prefersOpenMetrics } from "./negotiate.ts";

export interface MetricsRoute {
  /** The pool as it is now, from memory. */
  report(): PoolReport;
  /** The pool's metrics as text. */
  scrape(
    report: PoolReport,
    how: { isOpenMetrics: boolean },
  ): Promise<{ readonly contentType: string; readonly body: string }>;
}

export function addMetrics(app: Hono, { report, scrape }: MetricsRoute): void {
  app.use("/metrics", compress());
  app.get("/metrics", async (context) => {
    const isOpenMetrics = prefersOpenMetrics(context.req.header("accept"));
    const { contentType, body } = await scrape(report(), { isOpenMetrics });
    context.header("vary", "accept");
    return context.body(body, 200, { "content-type": contentType });
  });
}
