/**
 * `Metrics` for a StatsD server, under the names that Nodepool of 2016 sent and dashboards draw. Values go out as they come and
 * may get lost. The composition root makes one.
 */
import type { Milliseconds } from "../domain/time.ts";
import { failureKind, type Happening, type HappeningName, type Labels, type Metrics } from "./happening.ts";

/** The sender of lines to the server; `hot_shots_statsd.ts` is the real one. */
export interface Statsd {
  /** The value now, 0 or more: a sign would make it a change of the last one. The server keeps it until the next. */
  gauge(name: string, value: number): void;
  timing(name: string, duration: Milliseconds): void;
  increment(name: string): void;
}

/** Packets get lost, but not all of ten minutes. Names of managers come from outside and are not remembered for good. */
const ZEROS = 60;

export class StatsdMetrics implements Metrics {
  readonly wantsGauges = true;
  readonly #statsd: Statsd;
  /** The server keeps the last value of a gauge that is no longer sent: a vanished one must be sent as 0, this often. */
  readonly #toldGauges = new Map<string, number>();

  constructor(statsd: Statsd) {
    this.#statsd = statsd;
  }

  tell(happenings: readonly Happening[]): void {
    const gauges = new Map<string, number>();
    for (const { type, name, value } of happenings.flatMap(statsdLines)) {
      // What several happenings, or two names of the pool such as `a.b` and `a_b`, are to StatsD: their sum.
      if (type === "gauge") gauges.set(name, (gauges.get(name) ?? 0) + value);
      else if (type === "timing") this.#statsd.timing(name, value);
      else this.#statsd.increment(name);
    }
    if (gauges.size > 0) this.#tellGauges(gauges);
  }

  #tellGauges(gauges: ReadonlyMap<string, number>): void {
    for (const name of gauges.keys()) this.#toldGauges.set(name, ZEROS);
    for (const [name, left] of this.#toldGauges) {
      this.#statsd.gauge(name, gauges.get(name) ?? 0);
      if (gauges.has(name)) continue;
      if (left > 1) this.#toldGauges.set(name, left - 1);
      else this.#toldGauges.delete(name);
    }
  }
}

/** Each one value under one name. Whatever has a duration is counted once as well. */
export function statsdLines(happening: Happening) {
  const { name, labels, kind, value } = happening;
  const all = (PARTS[name]?.(labels) ?? []).filter((parts) =>
    parts.every((part) => typeof part === "string")
  );
  return all.flatMap((parts) => {
    // A gauge with a sign would be a change of the last one.
    if (kind === "gauge") return [{ type: "gauge", name: metricName(...parts), value: Math.max(0, value) }];
    const [timing, count] = name === "job" ? [["runtime"], ["builds"]] : [[], []];
    return [
      { type: "timing", name: metricName(...parts, ...timing), value },
      { type: "count", name: metricName(...parts, ...count), value: 1 },
    ];
  });
}

type Parts = readonly (string | null | undefined)[];

/**
 * The names of each happening, by their parts; one with a part that has no value is left out. What is not here, 2016's
 * did not tell.
 */
const PARTS: Readonly<Partial<Record<HappeningName, (labels: Labels) => readonly Parts[]>>> = {
  delete: ({ image, provider, target }) => [["delete", image, provider, target]],
  dib_image_build: ({ image, result }) => result === "failed" ? [] : [["dib_image_build", image]],
  doubtful: ({ provider }) => [["provider", provider, "doubtful"]],
  image_update: ({ image, provider, result }) =>
    result === "failed" ? [] : [["image_update", image, provider]],
  job: jobParts,
  launch: launchParts,
  max_servers: ({ provider }) => [["provider", provider, "max_servers"]],
  missing: ({ provider }) => [["provider", provider, "missing"]],
  nodes: nodesParts,
  task: taskParts,
};

/** A success, from all of the job's runs down to those of a branch and label on a provider; others do not count. */
function jobParts({ job, branch, label, provider, result }: Labels): readonly Parts[] {
  if (result !== "SUCCESS") return [];
  const parts = [job, branch ?? "unknown_branch", label, provider];
  return parts.map((_, index) => ["job", ...parts.slice(0, index + 1)]);
}

function launchParts({ provider, zone, image, target, manager, result, error }: Labels): readonly Parts[] {
  const ending = result === "error" ? [result, failureKind(error ?? null)] : [result];
  const keys: readonly Parts[] = [
    ["provider", provider],
    ["provider", provider, zone],
    ["image", image],
    managerOrTarget({ target, manager }),
    [],
  ];
  return keys.map((key) => ["launch", ...key, ...ending]);
}

function nodesParts({ target, manager, label, provider, state }: Labels): readonly Parts[] {
  const groups: readonly Parts[] = [
    [],
    managerOrTarget({ target, manager }),
    ["label", label],
    ["provider", provider],
  ];
  return groups.map((group) => [...group, "nodes", state]);
}

/** A node that a manager has counts as its manager's and not as its target's. */
function managerOrTarget({ target, manager }: { target: Part; manager: Part }): Parts {
  return typeof manager === "string" ? ["manager", manager] : ["target", target];
}

type Part = Parts[number];

/** Dashboards draw floating IPs with and without the name of the service that gave them, which changed in 2015. */
function taskParts({ provider, operation }: Labels): readonly Parts[] {
  const names = new Set([operation, operation?.replace(/^Neutron(?=FloatingIP)/, "")]);
  return [...names].map((name) => ["task", provider, name]);
}

/** Graphite makes a file name of each part; names of jobs and branches come from outside. */
const MAX_PART = 120;

/**
 * Parts joined by dots, each part one level. 2016's Nodepool sent names as they were, so that a dot made a level more;
 * its later versions put `_` for `.` and `:`, as here. A slash becomes `-`, which is what the StatsD server itself made of
 * those in branch names. Whatever else its protocol or Graphite could stumble over becomes `_`.
 */
export function metricName(...parts: readonly string[]): string {
  return ["nodepool", ...parts.map(safePart)].join(".");
}

function safePart(part: string): string {
  const safe = part.replaceAll("/", "-").replace(/[^A-Za-z0-9_-]/gu, "_").slice(0, MAX_PART);
  return safe === "" ? "_" : safe;
}
