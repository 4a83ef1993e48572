/** Which of the nodes that are gone somebody wants to see. Pure; `selectHistory` applies it. */
import type { HistoryRecord } from "./node.ts";
import type { Instant } from "./time.ts";

/** Left out: whatever it is. */
export interface HistoryFilter {
  readonly label?: string | undefined;
  readonly provider?: string | undefined;
  readonly image?: string | undefined;
  readonly job?: string | undefined;
  /** A node's result or its job's, in any case: `failed`, `FAILURE`. */
  readonly result?: string | undefined;
  /** `*` stands for anything. */
  readonly hostname?: string | undefined;
  /** When it ended, at the earliest. */
  readonly since?: Instant | undefined;
  /** When it ended, before. */
  readonly until?: Instant | undefined;
}

export function passesFilter({ node, endedAt }: HistoryRecord, filter: HistoryFilter): boolean {
  const is = (wanted: string | undefined, value: string | null) => wanted === undefined || wanted === value;
  return is(filter.label, node.label) && is(filter.provider, node.provider) && is(filter.image, node.image) &&
    is(filter.job, node.job) && endedAt >= (filter.since ?? -Infinity) &&
    endedAt < (filter.until ?? Infinity) &&
    hasResult(node, filter.result) && matches(filter.hostname, [node.hostname, node.nodename]);
}

function hasResult({ result, jobEnd }: HistoryRecord["node"], wanted: string | undefined): boolean {
  const word = wanted?.toLowerCase();
  return word === undefined || result === word || jobEnd?.result?.toLowerCase() === word;
}

function matches(pattern: string | undefined, names: readonly string[]): boolean {
  if (pattern === undefined) return true;
  const parts = pattern.split("*").map((part) => RegExp.escape(part));
  const whole = new RegExp(`^${parts.join(".*")}$`, "s");
  return names.some((name) => whole.test(name));
}
