/**
 * Commands on nodes, carried out on the ledger: each id has its own outcome and none stops the others. The same with a
 * daemon and without one; the daemon's next tick does what follows.
 */
import { type NodeRecord, type NodeStateName, stateName } from "../domain/node.ts";
import { IllegalTransitionError, type NodeEvent, transition } from "../domain/node_transition.ts";
import { isoText, type Milliseconds } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import type { Edit } from "../store/draft.ts";
import { endJob, type JobEndEffect } from "../rules/end_job.ts";
import type { Ledger } from "../store/ledger.ts";
import type { IdOutcome } from "./operation.ts";

interface Deps {
  readonly ledger: Ledger;
  readonly clock: Clock;
}

export function holdNodes(
  ids: readonly number[],
  { reason, owner, duration }: { reason: string | null; owner: string | null; duration: Milliseconds | null },
  deps: Deps,
): Promise<readonly IdOutcome[]> {
  const { clock } = deps;
  const until = duration === null ? null : clock.now() + duration;
  const end = duration === null ? null : isoText(clock.wall() + duration);
  return each(ids, deps, (node) => {
    if (node.role === "subnode") return ofParent(node);
    if (node.role !== "node") {
      return `node ${node.id} ${node.launchReason}: it is deleted after that and cannot be held`;
    }
    return {
      event: { type: "hold", hold: { reason, owner, until } },
      message: end === null ? "held" : `held until ${end}`,
    };
  });
}

export function deleteNodes(
  ids: readonly number[],
  { comment }: { comment: string },
  deps: Deps,
): Promise<readonly IdOutcome[]> {
  return each(ids, deps, (node) => {
    if (node.role === "subnode") return ofParent(node);
    if (stateName(node) === "delete") return { event: null, message: "already being deleted" };
    const result = node.timings.used === undefined ? "unused" : "used";
    return { event: { type: "delete", by: "user", comment, result }, message: "marked for deletion" };
  });
}

export function releaseNodes(
  ids: readonly number[],
  { result, job }: { result: "SUCCESS" | "FAILURE" | null; job: string | null },
  deps: Deps,
): Promise<readonly IdOutcome[]> {
  return each(ids, deps, (node, edit) => {
    const { id, role, launchReason } = node;
    if (role === "subnode") return ofParent(node);
    if (role !== "node") return `node ${id} ${launchReason}: it is deleted after that and cannot be released`;
    const state = stateName(node);
    if (!RELEASABLE.has(state)) {
      return `node ${id} is ${state}, not in use; to delete it, use \`delete\``;
    }
    const of = job ?? node.job;
    const comment = [of === null ? "released" : `released by ${of}`, result].filter(Boolean).join(": ");
    const effect = endJob(edit, { nodeId: id, job, result, comment, now: deps.clock.now() });
    return { event: null, message: effect === "held" ? `held after failing ${of}` : releaseMessages[effect] };
  });
}

function ofParent({ id, parentId }: NodeRecord): string {
  return `node ${id} is a subnode of node ${parentId} and shares its fate; give the id of that node`;
}

/** Those that somebody has or had: nothing is left to be done in the last two. */
const RELEASABLE: ReadonlySet<NodeStateName> = new Set(["used", "hold", "delete"]);

const releaseMessages: Readonly<Record<Exclude<JobEndEffect, "held">, string>> = {
  deleted: "released, and marked for deletion",
  kept: "held until it is deleted",
  deleting: "already being deleted",
  none: "nothing to release",
};

/** The event that a node is to go through, or why it cannot. */
type Decision = { readonly event: NodeEvent | null; readonly message: string } | string;

async function each(
  ids: readonly number[],
  { ledger, clock }: Deps,
  decide: (node: NodeRecord, edit: Edit) => Decision,
): Promise<readonly IdOutcome[]> {
  return await Promise.all(ids.map((id) =>
    ledger.edit((edit): IdOutcome => {
      const node = edit.node(id);
      if (node === null) return { id, ok: false, message: `there is no node ${id}` };
      const decision = decide(node, edit);
      if (typeof decision === "string") return { id, ok: false, message: decision };
      if (decision.event !== null) edit.putNode(transition(node, decision.event, clock.now()));
      return { id, ok: true, message: decision.message };
    }).catch((error): IdOutcome => {
      if (!(error instanceof IllegalTransitionError)) throw error;
      return { id, ok: false, message: `node ${id} is being deleted: its server can no longer be kept` };
    })
  ));
}
