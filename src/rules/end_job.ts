/**
 * The effect of a job's end on the node that it ran on: the node is deleted, or held where the job has an entry
 * and failed. The one place where that is decided; `release` and whatever else hears of jobs' ends call it, each in
 * an edit, so that of any number of failures at once no more are held than the entry says.
 */
import { AUTO_HOLD_OWNER, type AutoHold, autoHoldReason, isHeldFor } from "../domain/auto_hold.ts";
import { type NodeRecord, stateName } from "../domain/node.ts";
import { transition } from "../domain/node_transition.ts";
import type { Instant } from "../domain/time.ts";
import type { Edit } from "../store/draft.ts";

export interface JobEnd {
  readonly nodeId: number;
  /** The job's name; null: the one that the node was taken for, if there is any. */
  readonly job: string | null;
  /** `SUCCESS`, `FAILURE`, or another of Jenkins' words; null: not told, which is no failure. */
  readonly result: string | null;
  /** The comment in the record of a node that is deleted. */
  readonly comment: string;
  readonly now: Instant;
  /** Whether another job that runs on the node ends first; left out: whoever says so means the node. */
  readonly sparesJobs?: true;
}

/** The effect on the node. */
export type JobEndEffect =
  /** Its job failed and has an entry: it is held from now on. */
  | "held"
  /** Somebody holds it, and it stays so. */
  | "kept"
  | "deleted"
  /** It was being deleted before. */
  | "deleting"
  /** There is no such node, or it is there for an image: no job ended on it. */
  | "none";

export function endJob(edit: Edit, { nodeId, job, result, comment, now, ...spares }: JobEnd): JobEndEffect {
  const node = edit.node(nodeId);
  if (node === null || node.role !== "node") return "none";
  const state = stateName(node);
  if (state === "hold" && !node.hold?.mayBeInUse) {
    edit.putNode(transition(node, { type: "job-ended", result }, now));
    return "kept";
  }
  if (state === "delete") return "deleting";
  const ended = withEnd(node, { job: job ?? node.job, result, now });
  const held = heldAfterEnd(edit, ended, { result, now });
  if (held !== null) {
    edit.putNode(held);
    return "held";
  }
  edit.putNode(transition(ended, { type: "delete", by: "job", comment, result: "used", ...spares }, now));
  return "deleted";
}

/** The node as it is held after its job's end; null: the job did not fail, or there is nothing to hold it for. */
export function heldAfterEnd(
  edit: Edit,
  node: NodeRecord,
  { result, now }: Pick<JobEnd, "result" | "now">,
): NodeRecord | null {
  return node.job !== null && isFailure(result) && mayHold(edit, node.job)
    ? heldFor(node.job, node, now)
    : null;
}

/** Whose end it was and how it went, which its history tells. The first end counts. */
function withEnd(
  node: NodeRecord,
  { job, result, now }: Pick<JobEnd, "job" | "result" | "now">,
): NodeRecord {
  return { ...node, job, jobEnd: node.jobEnd ?? { at: now, result } };
}

function isFailure(result: string | null): boolean {
  return result !== null && result !== "SUCCESS";
}

/** Whether the job has an entry, and fewer nodes are held for it than the entry says. */
function mayHold(edit: Edit, job: string): boolean {
  const entry = findJob(edit, job);
  if (entry === null) return false;
  return edit.nodes().filter((node) => isHeldFor(job, node)).length < entry.holdOnFailure;
}

/** The entry of a job; null: it has none. */
export function findJob(edit: Edit, job: string): AutoHold | null {
  return edit.jobs().find((entry) => entry.job === job) ?? null;
}

function heldFor(job: string, node: NodeRecord, now: Instant): NodeRecord {
  // Its end is for `limits.hold-max-age` to say, as that of any hold without one of its own.
  const hold = { reason: autoHoldReason(job), owner: AUTO_HOLD_OWNER, until: null };
  return transition(node, { type: "hold", hold }, now);
}
