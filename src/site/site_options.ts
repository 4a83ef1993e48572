/** The things that the status endpoint shows, and how it gets them. */
import type { History } from "../domain/history.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import type { Instant } from "../domain/time.ts";
import type { EventView } from "../views/events.ts";
import type { RecentBodies } from "../views/recent_bodies.ts";

export interface SiteOptions {
  /** The pool as it is now, from memory. That takes milliseconds where there are thousands of nodes. */
  report(): PoolReport;
  /** `status.allow-origin` of the configuration in force. Asked for at every request, also by probes. */
  allowOrigin(): readonly string[];
  readonly history: Pick<History, "getHistory" | "listHistory">;
  readonly events: {
    /** The newest first. */
    latest(count: number): Promise<readonly EventView[]>;
    /** The id after which those since that moment come; null: those from now on. */
    startOf(since: Instant | null): Promise<number>;
    open(options: { after: number; follow: boolean; signal?: AbortSignal }): ReadableStream<Uint8Array>;
  };
  scrape(report: PoolReport, how: { isOpenMetrics: boolean }): Promise<Scraped>;
  /** Called with errors that are our own fault. */
  onDefect(error: unknown): void;
}

export interface Scraped {
  readonly contentType: string;
  readonly body: string;
}

/** The same with what routes share. */
export interface SiteParts extends SiteOptions {
  readonly recent: RecentBodies;
}
