/** What the end of a job on a node says. Pure; whoever learns of the end calls it. */
import type { Milliseconds } from "../domain/time.ts";
import { metricName } from "./metric_name.ts";
import type { Happening } from "./statsd.ts";

export interface JobEnd {
  readonly job: string;
  /** null: the event tells none. */
  readonly branch: string | null;
  readonly label: string;
  readonly provider: string;
  /** Jenkins' word for it: `SUCCESS`, `FAILURE`, … */
  readonly result: string | null;
  /** How long the node was used. */
  readonly runtime: Milliseconds;
}

/** A job that succeeded, from all its runs down to those of a branch and label on a provider; others do not count. */
export function jobMetrics({ job, branch, label, provider, result, runtime }: JobEnd): readonly Happening[] {
  if (result !== "SUCCESS") return [];
  const parts = [job, branch ?? "unknown_branch", label, provider];
  return parts.flatMap((_, index): Happening[] => {
    const level = ["job", ...parts.slice(0, index + 1)];
    return [
      { type: "timing", name: metricName(...level, "runtime"), duration: runtime },
      { type: "count", name: metricName(...level, "builds") },
    ];
  });
}
