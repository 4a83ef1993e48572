/**
 * Commands on nodes, carried out on the ledger: each id has its own outcome and none stops the others. The same with a
 * daemon and without one; the daemon's next tick does what follows.
 */
import { type NodeStateName, stateInWords, stateName } from "../domain/node.ts";
import { endJob, type JobEndEffect } from "../rules/end_job.ts";
import { eachNode, type EachNodeDeps, ofParent } from "./each_node.ts";
import { describeStay, type HoldDeps } from "./hold_commands.ts";
import type { IdOutcome } from "./operation.ts";

export function deleteNodes(
  ids: readonly number[],
  { comment }: { comment: string },
  deps: EachNodeDeps,
): Promise<readonly IdOutcome[]> {
  return eachNode(ids, deps, (node) => {
    if (node.role === "subnode") return ofParent(node);
    const result = node.timings.used === undefined ? "unused" : "used";
    const message = stateName(node) === "delete" ? "already being deleted" : "marked for deletion";
    return { event: { type: "delete", by: "user", comment, result }, message };
  });
}

export function releaseNodes(
  ids: readonly number[],
  { result, job }: { result: "SUCCESS" | "FAILURE" | null; job: string | null },
  deps: HoldDeps,
): Promise<readonly IdOutcome[]> {
  return eachNode(ids, deps, (node, edit) => {
    const { id, role, launchReason } = node;
    if (role === "subnode") return ofParent(node);
    if (role !== "node") return `node ${id} ${launchReason}: it is deleted after that and cannot be released`;
    const state = stateName(node);
    if (!RELEASABLE.has(state)) {
      return `node ${id} is ${stateInWords(state)}, not in use; to delete it, use \`delete\``;
    }
    const of = job ?? node.job;
    const comment = [of === null ? "released" : `released by ${of}`, result].filter(Boolean).join(": ");
    const effect = endJob(edit, { nodeId: id, job, result, comment, now: deps.clock.now() });
    if (effect === "kept") return { event: null, message: `stays ${describeStay(node, deps)}`, stays: true };
    return { event: null, message: effect === "held" ? `held after failing ${of}` : releaseMessages[effect] };
  });
}

/** Those that somebody has or had: nothing is left to be done in the last two. */
const RELEASABLE: ReadonlySet<NodeStateName> = new Set(["used", "hold", "delete"]);

const releaseMessages: Readonly<Record<Exclude<JobEndEffect, "held" | "kept">, string>> = {
  deleted: "released, and marked for deletion",
  deleting: "already being deleted",
  none: "nothing to release",
};
