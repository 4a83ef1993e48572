/** The daemon's work at this moment, as `dump -o json` prints it. */
import * as v from "valibot";
import type { DumpReport, WorkReport } from "../domain/dump_report.ts";
import type { LinkState } from "../domain/link_state.ts";
import type { Milliseconds } from "../domain/time.ts";
import { isoTime, isoTimeOrNull, viewHead, viewSchema } from "./view_head.ts";
import { number, numberOrNull, rows, string, stringOrNull, word } from "./view_schema.ts";

const workViewSchema = v.object({
  what: string,
  /** `node`, `label`, `provider`, `image` and others, as they apply. */
  about: v.record(string, v.union([string, number])),
  since: string,
  age: number,
  /** Empty: it runs, or waits for something that is not recorded. */
  waits: rows(v.object({
    on: string,
    since: string,
    age: number,
    /** Where it waits, the innermost call first. */
    stack: rows(string),
  })),
  /** Where it was begun, the innermost call first. */
  begun: rows(string),
});
export type WorkView = v.InferOutput<typeof workViewSchema>;

const rateLimiterViewSchema = v.object({
  provider: string,
  /** Between the starts of two requests, as it is now in force. */
  interval: number,
  /** Until another request may start. */
  next_start: number,
  in_flight: number,
  most: number,
  /** How many requests wait, by kind. */
  waiting: v.record(string, number),
});

/** Other than in lists, lengths of time are in seconds to the millisecond. */
export const dumpViewSchema = viewSchema({
  daemon: v.object({
    pid: number,
    version: string,
    started: string,
  }),
  /** Bytes. */
  memory: v.object({
    rss: number,
    heap_used: number,
    heap_total: number,
    external: number,
  }),
  /** How late the event loop was in the last minute. */
  event_loop_delay: v.object({
    mean: number,
    p99: number,
    longest: number,
  }),
  /** null: the CPU profiler is off. */
  profiling_since: stringOrNull,
  /** The oldest first; then nodes and images that wait while nothing is done for them. */
  work: rows(workViewSchema),
  queues: rows(v.object({
    name: string,
    waiting: number,
    running: number,
    most: numberOrNull,
  })),
  rate_limiters: rows(rateLimiterViewSchema),
  connections: rows(v.object({
    to: string,
    open: number,
    busy: number,
    waiting: number,
  })),
  /** To Gearman servers and publishers. */
  links: rows(v.object({
    name: string,
    status: word<LinkState["status"]>(),
    since: string,
    /** The last failure; null: no failure. */
    message: stringOrNull,
  })),
  tasks: rows(v.object({
    name: string,
    runs: number,
    last_started: stringOrNull,
    last_duration: numberOrNull,
  })),
});
export type DumpView = v.InferOutput<typeof dumpViewSchema>;

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
    rate_limiters: providers.map(({ name, stats: { rate, limiter } }) => ({
      provider: name,
      interval: exact(rate),
      next_start: exact(limiter.nextStart),
      in_flight: limiter.inFlight,
      most: limiter.most,
      waiting: limiter.waiting,
    })),
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

/** Seconds to the millisecond. */
function exact(duration: Milliseconds): number {
  return Math.round(duration) / 1_000;
}
