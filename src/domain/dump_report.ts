/** A daemon's work at one moment, for a dump: what is in flight and waits, and how the process stands. */
import type { CloudStats, ConnectionCount } from "./cloud_stats.ts";
import type { LinkReport, TaskReport } from "./pool_report.ts";
import type { Instant, Milliseconds, Moment } from "./time.ts";

export interface DumpReport extends Moment {
  readonly daemon: { readonly pid: number; readonly version: string; readonly startedAt: Instant };
  readonly process: ProcessReport;
  /** The oldest first; then nodes and images that wait while nothing is done for them. */
  readonly work: readonly WorkReport[];
  readonly queues: readonly QueueReport[];
  readonly providers: readonly {
    readonly name: string;
    readonly stats: Pick<CloudStats, "rate" | "limiter" | "connections">;
  }[];
  readonly links: readonly LinkReport[];
  readonly tasks: readonly TaskReport[];
}

/** The facts that only the process itself knows. */
export interface ProcessReport {
  /** Bytes. */
  readonly memory: {
    readonly rss: number;
    readonly heapUsed: number;
    readonly heapTotal: number;
    readonly external: number;
  };
  /** How late the event loop was in the last minute. */
  readonly loopDelay: {
    readonly mean: Milliseconds;
    /** 99 of 100 looks were no later. */
    readonly p99: Milliseconds;
    readonly longest: Milliseconds;
  };
  /** Since when the CPU profiler is on; null: it is off. */
  readonly profilingSince: Instant | null;
  /** Of those who ask the daemon. */
  readonly connections: readonly ConnectionCount[];
}

export interface WorkReport {
  readonly what: string;
  /** For which node, image, provider and so on, by kind. */
  readonly about: Readonly<Record<string, string | number>>;
  readonly age: Milliseconds;
  /** The calls by which it was begun, the innermost first; empty for what waits while nothing is done for it. */
  readonly begun: readonly string[];
  readonly waits: readonly WaitReport[];
}

/** One wait of a piece of work, and where it waits. */
interface WaitReport {
  readonly on: string;
  readonly age: Milliseconds;
  readonly stack: readonly string[];
}

export interface QueueReport {
  readonly name: string;
  readonly waiting: number;
  readonly running: number;
  /** How many may run at once; null: any number. */
  readonly most: number | null;
}
