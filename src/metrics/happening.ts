/**
 * A measurement of a pool, in the pool's own words: a name, what it concerns, and a value. Adapters of `Metrics` make
 * their names of it, so that what is measured is said once for all of them.
 */
import type { Milliseconds } from "../domain/time.ts";
import { Listeners } from "../lib/listeners.ts";

export interface Happening {
  readonly name: HappeningName;
  readonly labels: Labels;
  /** A duration happened once, now; a gauge is the value now, and labels that it lacks are those of all. */
  readonly kind: "duration" | "gauge";
  /** Milliseconds, or a number of things. */
  readonly value: number;
}

export type HappeningName =
  /** A request to a cloud ended, with a response or without. */
  | "api_request"
  /** A request to a cloud waited for its turn. */
  | "api_wait"
  | "commit"
  | "delete"
  | "dib_image_build"
  | "doubtful"
  | "image_update"
  | "job"
  | "launch"
  | "launch_overhead"
  | "launch_phase"
  /** A leak was deleted: what that took is not known. */
  | "leak"
  | "loop_delay"
  | "max_servers"
  | "missing"
  | "nodes"
  /** A request for nodes was granted, or withdrawn before. */
  | "request"
  /** A cloud answered: 2016's name. */
  | "task"
  | "tick";

/** The things that a happening concerns, such as `provider`; null: unknown, or nothing of the kind. */
export type Labels = Readonly<Record<string, string | null>>;

/** The receiver of happenings: the port. Nothing waits for it. */
export interface Metrics {
  /** Whether it needs gauges now and then; otherwise it gets durations only. */
  readonly wantsGauges: boolean;
  /** Gauges come all at once: one that was sent earlier and is not among them is 0 from now on. */
  tell(happenings: readonly Happening[]): void;
}

/** Tells all of them, and never fails: one that throws keeps neither the others nor what is measured from going on. */
export function metricsOf(all: readonly Metrics[]): Metrics {
  const listeners = new Listeners<[readonly Happening[]]>("metrics");
  for (const one of all) listeners.subscribe((happenings) => one.tell(happenings));
  return {
    wantsGauges: all.some(({ wantsGauges }) => wantsGauges),
    tell: (happenings) => listeners.tell(happenings),
  };
}

export function took(name: HappeningName, labels: Labels, value: Milliseconds): Happening {
  return { name, labels, kind: "duration", value };
}

export function gauge(name: HappeningName, labels: Labels, value: number): Happening {
  return { name, labels, kind: "gauge", value };
}

/**
 * Kinds of failure of a launch that metrics tell by name. In 2016 whatever a cloud's API threw was `unknown`; a full quota,
 * a full cloud and lost time are told apart.
 */
const FAILURE_KINDS = new Set([
  ...["auth", "capacity", "ipadd", "network", "nodepool", "quota", "script", "ssh", "status", "timeout"],
]);

/** @param kind of a node's evidence; null: it has none */
export function failureKind(kind: string | null): string {
  if (kind === "vanished") return "status";
  return kind !== null && FAILURE_KINDS.has(kind) ? kind : "unknown";
}
