/**
 * The end of a hold, by command or by time: a job that may still run gets its node back; any other node is deleted, since
 * nobody knows what was done to it meanwhile.
 */
import { type NodeRecord, serverIdOf } from "./node.ts";
import type { Instant, Milliseconds } from "./time.ts";

/** Whether a job was begun on the node, and no end of it was reported. */
export function isJobRunning({ job, requestId, timings, jobEnd }: NodeRecord): boolean {
  return jobEnd === null && (timings.used !== undefined || requestId !== null || job !== null);
}

/** @param options `by`, `comment`: of the deletion, where it comes to that */
export function endOfHold(
  node: NodeRecord,
  { by, comment }: { by: "user" | "limit"; comment: string },
):
  | { type: "unheld" }
  | { type: "delete"; by: "user" | "limit"; comment: string; result: "used" | "unused"; sparesJobs: true } {
  if (isJobRunning(node) && serverIdOf(node) !== null) return { type: "unheld" };
  const result = node.timings.used === undefined && node.jobEnd === null ? "unused" : "used";
  return { type: "delete", by, comment, result, sparesJobs: true };
}

/** When the hold ends by itself; null: it does not. @param maxAge `limits.hold-max-age` */
export function holdEnd(
  { hold, stateSince }: Pick<NodeRecord, "hold" | "stateSince">,
  maxAge: Milliseconds | null,
): Instant | null {
  if (hold?.mayBeInUse) return null;
  const end = Math.min(hold?.until ?? Infinity, maxAge === null ? Infinity : stateSince + maxAge);
  return end === Infinity ? null : end;
}
