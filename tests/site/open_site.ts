/** A site that is asked in-process, for the tests of what it answers and of its pages in a browser. */
import type { HistoryRecord } from "../../src/domain/node.ts";
import type { PoolReport } from "../../src/domain/pool_report.ts";
import { PrometheusMetrics } from "../../src/metrics/prometheus_metrics.ts";
import type { EventView } from "../../src/views/events.ts";
import { createSite } from "../../src/site/create_site.ts";
import { sampleFacts } from "../metrics/sample_facts.ts";
import { sampleReport } from "../views/sample_pool.ts";

/** A site in this process, and the pool that it shows. */
export interface OpenSite {
  /** Each as `GET /nodes/:id`. */
  readonly routes: readonly string[];
  report: PoolReport;
  history: readonly HistoryRecord[];
  fetch(request: Request): Response | Promise<Response>;
  /** The last events, the newest first. */
  events: readonly EventView[];
  /** How often the pool was looked at. */
  reports: number;
  /** How often metrics were made. */
  scrapes: number;
  /** What `/events` goes on with; null: it ends at once. */
  stream: (() => ReadableStream<Uint8Array>) | null;
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Response>;
}

/** @param onDefect called with errors that are the site's own fault; not given: there must be none */
export function openSite(
  report = sampleReport(),
  onDefect = (error: unknown): void => {
    throw error;
  },
): OpenSite {
  const metrics = new PrometheusMetrics();
  const site: OpenSite = {
    get routes() {
      return app.routes.map(({ method, path }) => `${method} ${path}`);
    },
    report,
    history: [],
    fetch: (request) => app.fetch(request),
    events: [],
    reports: 0,
    scrapes: 0,
    stream: null,
    get: async (path, headers = {}, method = "GET") =>
      await app.fetch(new Request(`http://localhost${path}`, { method, headers })),
  };
  const app = createSite({
    report() {
      site.reports++;
      return site.report;
    },
    allowOrigin: () => site.report.config?.status.allowOrigin ?? [],
    history: {
      getHistory: (id) => Promise.resolve(site.history.find(({ node }) => node.id === id) ?? null),
      listHistory: ({ before }) => Promise.resolve(before === undefined ? site.history : []),
    },
    events: {
      startOf: (since) => Promise.resolve(since === null ? 9 : 4),
      latest: (count) => Promise.resolve(site.events.slice(0, count)),
      open: ({ after }) =>
        site.stream?.() ?? ReadableStream.from([new TextEncoder().encode(`id: ${after}\n\n`)]),
    },
    scrape: (report, { isOpenMetrics }) => {
      site.scrapes++;
      return metrics.scrape(report, { facts: sampleFacts, isOpenMetrics });
    },
    onDefect,
  });
  return site;
}
