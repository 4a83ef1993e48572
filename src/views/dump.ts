/**
 * The daemon's work at this moment: as `dump -o json` prints it, and as text. The command prints that, the log has a line of
 * its own for each paragraph.
 */
import * as v from "valibot";
import type { DumpReport, WorkReport } from "../domain/dump_report.ts";
import type { LinkState } from "../domain/link_state.ts";
import type { Milliseconds } from "../domain/time.ts";
import { isoTime, isoTimeOrNull, viewHead, viewSchema } from "./view_head.ts";
import { number, numberOrNull, rows, string, stringOrNull, word } from "./view_schema.ts";
import { visibleText } from "../lib/visible_text.ts";

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
type WorkView = v.InferOutput<typeof workViewSchema>;

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
  rate_limiters: rows(v.object({
    provider: string,
    /** Between the starts of two requests, as it is now in force. */
    interval: number,
    /** Until another request may start. */
    next_start: number,
    in_flight: number,
    most: number,
    /** How many requests wait, by kind. */
    waiting: v.record(string, number),
  })),
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

const MIB = 2 ** 20;

/** None of them ends with a line break. */
export function dumpParagraphs(dump: DumpView): readonly string[] {
  return [describeProcess(dump), ...dump.work.map(describeWork), describeQueues(dump)];
}

function describeProcess({ daemon, at, memory, event_loop_delay: delay, profiling_since, work }: DumpView) {
  const mib = (bytes: number) => `${Math.round(bytes / MIB)} MiB`;
  return [
    `nodepool ${daemon.version}, pid ${daemon.pid}, started ${daemon.started}, at ${at}`,
    `  memory: ${mib(memory.rss)}, heap ${mib(memory.heap_used)} of ${mib(memory.heap_total)}, ` +
    `external ${mib(memory.external)}`,
    `  event loop, last minute: late by ${delay.mean} s on average, ${delay.p99} s at 99 %, ` +
    `${delay.longest} s at most`,
    `  CPU profiler: ${profiling_since === null ? "off" : `on since ${profiling_since}`}`,
    `  work in flight: ${work.length}`,
  ].join("\n");
}

function describeWork({ what, about, since, age, waits, begun }: WorkView): string {
  const waiting = waits.flatMap(({ on, since, age, stack }) => [
    `  waiting for ${age} s, since ${since}: ${visibleText(on)}`,
    ...stack.map((line) => `    at ${visibleText(line)}`),
  ]);
  return [
    `${describeName({ what, about })}, for ${age} s, since ${since}`,
    ...(waits.length === 0 ? ["  running, or waiting for something that is not recorded"] : waiting),
    ...(begun.length === 0 ? [] : ["  begun"]),
    ...begun.map((line) => `    at ${visibleText(line)}`),
  ].join("\n");
}

/** `login: node 12, provider main`. */
export function describeName({ what, about }: Pick<WorkView, "what" | "about">): string {
  const facts = Object.entries(about).map(([kind, value]) => `${kind.replaceAll("_", " ")} ${value}`);
  return visibleText(facts.length === 0 ? what : `${what}: ${facts.join(", ")}`);
}

function describeQueues({ queues, rate_limiters, connections, links, tasks }: DumpView): string {
  return [
    "queues",
    ...queues.map(({ name, waiting, running, most }) =>
      `  ${visibleText(name)}: ${waiting} waiting, ${running} running${most === null ? "" : ` of ${most}`}`
    ),
    "rate limiters",
    ...rate_limiters.map(({ provider, interval, next_start, in_flight, most, waiting }) => {
      const kinds = Object.entries(waiting).map(([kind, count]) => `${count} ${kind}`).join(", ");
      const next = next_start === 0 ? "" : `, the next may start in ${next_start} s`;
      return `  ${
        visibleText(provider)
      }: ${interval} s between starts${next}, ${in_flight} of ${most} in flight, ` +
        `waiting: ${kinds || "none"}`;
    }),
    "connections",
    ...connections.map(({ to, open, busy, waiting }) =>
      `  ${visibleText(to)}: ${open} open, ${busy} requests being answered, ${waiting} waiting`
    ),
    ...links.map(({ name, status, since, message }) =>
      `  ${visibleText(name)}: ${status} since ${since}${message === null ? "" : `: ${visibleText(message)}`}`
    ),
    "tasks",
    ...tasks.map(({ name, runs, last_started, last_duration }) =>
      `  ${visibleText(name)}: ${runs} runs` +
      (last_started === null ? "" : `, the last began ${last_started}`) +
      (last_duration === null ? "" : `, the last to end took ${last_duration} s`)
    ),
  ].join("\n");
}
