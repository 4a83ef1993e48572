/**
 * A dump as text: a paragraph for the process, one for each piece of work, one for what waits in queues. The command
 * prints them, the log has a line of its own for each.
 */
import type { DumpView, WorkView } from "./dump.ts";
import { visibleText } from "../lib/visible_text.ts";

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
