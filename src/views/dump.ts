/** What the daemon is doing, as `dump -o json` prints it. */
import type { DumpReport, WorkReport } from "../domain/dump_report.ts";
import type { LinkState } from "../domain/link_state.ts";
import type { Milliseconds } from "../domain/time.ts";
import { isoTime, isoTimeOrNull, type ViewHead, viewHead } from "./view_head.ts";

/** Other than in lists, lengths of time are in seconds to the millisecond. */
export interface DumpView extends ViewHead {
  readonly daemon: { readonly pid: number; readonly version: string; readonly started: string };
  /** Bytes. */
  readonly memory: {
    readonly rss: number;
    readonly heap_used: number;
    readonly heap_total: number;
    readonly external: number;
  };
  /** How late the event loop was in the last minute. */
  readonly event_loop_delay: { readonly mean: number; readonly p99: number; readonly longest: number };
  /** null: the CPU profiler is off. */
  readonly profiling_since: string | null;
  /** The oldest first; then nodes and images that wait while nothing is done for them. */
  readonly work: readonly WorkView[];
  readonly queues: readonly {
    readonly name: string;
    readonly waiting: number;
    readonly running: number;
    readonly most: number | null;
  }[];
  readonly rate_limiters: readonly RateLimiterView[];
  readonly connections: readonly {
    readonly to: string;
    readonly open: number;
    readonly busy: number;
    readonly waiting: number;
  }[];
  /** To Gearman servers and publishers. */
  readonly links: readonly {
    readonly name: string;
    readonly status: LinkState["status"];
    readonly since: string;
    /** What the last failure was; null: there is none to tell. */
    readonly message: string | null;
  }[];
  readonly tasks: readonly {
    readonly name: string;
    readonly runs: number;
    readonly last_started: string | null;
    readonly last_duration: number | null;
  }[];
}

export interface WorkView {
  readonly what: string;
  /** `node`, `label`, `provider`, `image` and others, as they apply. */
  readonly about: Readonly<Record<string, string | number>>;
  readonly since: string;
  readonly age: number;
  /** Empty: it runs, or waits for something that is not recorded. */
  readonly waits: readonly {
    readonly on: string;
    readonly since: string;
    readonly age: number;
    /** Where it waits, the innermost call first. */
    readonly stack: readonly string[];
  }[];
  /** Where it was begun, the innermost call first. */
  readonly begun: readonly string[];
}

interface RateLimiterView {
  readonly provider: string;
  /** Between the starts of two requests, as it is now in force. */
  readonly interval: number;
  /** Until another request may start. */
  readonly next_start: number;
  readonly in_flight: number;
  readonly most: number;
  /** How many requests wait, by kind. */
  readonly waiting: Readonly<Record<string, number>>;
}

export function viewDump(report: DumpReport): DumpView {
  const { daemon, process: { memory, loopDelay, profilingSince, connections }, providers } = report;
  const { rss, heapUsed, heapTotal, external } = memory;
  return {
    ...viewHead(report),
    daemon: { pid: daemon.pid, version: daemon.version, started: isoTime(daemon.startedAt, report) },
    memory: { rss, heap_used: heapUsed, heap_total: heapTotal, external },
    event_loop_delay: {
      mean: exact(loopDelay.mean),
      p99: exact(loopDelay.p99),
      longest: exact(loopDelay.longest),
    },
    profiling_since: isoTimeOrNull(profilingSince, report),
    work: report.work.map((work) => viewWork(work, report)),
    queues: report.queues,
    rate_limiters: providers.map(viewLimiter),
    connections: [
      ...providers.flatMap(({ name, stats }) =>
        stats.connections.map((each) => ({ ...each, to: `${name}: ${each.to}` }))
      ),
      ...connections,
    ],
    links: report.links.map(({ name, state }) => ({
      name,
      status: state.status,
      since: isoTime(state.since, report),
      message: state.status === "away" ? state.message : null,
    })),
    tasks: report.tasks.map(({ name, runs, lastStartedAt, lastDuration }) => ({
      name,
      runs,
      last_started: isoTimeOrNull(lastStartedAt, report),
      last_duration: lastDuration === null ? null : exact(lastDuration),
    })),
  };
}

function viewWork({ what, about, age, waits, begun }: WorkReport, report: DumpReport): WorkView {
  const timed = (age: Milliseconds) => ({ since: isoTime(report.now - age, report), age: exact(age) });
  return {
    what,
    about,
    ...timed(age),
    waits: waits.map(({ on, age, stack }) => ({ on, ...timed(age), stack })),
    begun,
  };
}

function viewLimiter({ name, stats: { rate, limiter } }: DumpReport["providers"][number]): RateLimiterView {
  const { inFlight, most, nextStart, waiting } = limiter;
  return {
    provider: name,
    interval: exact(rate),
    next_start: exact(nextStart),
    in_flight: inFlight,
    most,
    waiting,
  };
}

/** Seconds to the millisecond. */
function exact(duration: Milliseconds): number {
  return Math.round(duration) / 1_000;
}
