/**
 * A measurement of a pool, in the pool's own words: a name, what it concerns, and a value. Adapters of `Metrics` make
 * their names of it, so that what is measured is said once for all of them.
 */
import type { Milliseconds } from "../domain/time.ts";

export interface Happening {
  readonly name: HappeningName;
  readonly labels: Labels;
  /** A duration happened once, now; a gauge is the value now, and labels that it lacks are those of all. */
  readonly kind: "duration" | "gauge";
  /** Milliseconds, or a number of things. */
  readonly value: number;
}

export type HappeningName =
  | "delete"
  | "dib_image_build"
  | "doubtful"
  | "image_update"
  | "job"
  | "launch"
  | "max_servers"
  | "missing"
  | "nodes"
  | "task";

/** The things that a happening concerns, such as `provider`; null: unknown, or nothing of the kind. */
export type Labels = Readonly<Record<string, string | null>>;

/** Who is told: the port. Nothing waits for it, and it never fails. */
export interface Metrics {
  /** Gauges come all at once: one that was told earlier and is not among them is 0 from now on. */
  tell(happenings: readonly Happening[]): void;
}

export function took(name: HappeningName, labels: Labels, value: Milliseconds): Happening {
  return { name, labels, kind: "duration", value };
}

export function gauge(name: HappeningName, labels: Labels, value: number): Happening {
  return { name, labels, kind: "gauge", value };
}
