/**
 * What people ask of nodes, on the ledger: each id has its own outcome and none stops the others. The same with a
 * daemon and without one; the daemon's next tick does what follows.
 */
import { type NodeRecord, stateName } from "../domain/node.ts";
import { IllegalTransitionError, type NodeEvent, transition } from "../domain/node_transition.ts";
import type { Milliseconds } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import type { Ledger } from "../store/ledger.ts";
import type { IdOutcome } from "./pool_control.ts";

interface Means {
  readonly ledger: Ledger;
  readonly clock: Clock;
}

export function holdNodes(
  ids: readonly number[],
  { reason, owner, duration }: { reason: string | null; owner: string | null; duration: Milliseconds | null },
  means: Means,
): Promise<readonly IdOutcome[]> {
  const until = duration === null ? null : means.clock.now() + duration;
  return each(ids, means, (node) => {
    if (node.role !== "node") {
      return `node ${node.id} ${node.launchReason}: it ends with that and cannot be held`;
    }
    return {
      event: { type: "hold", hold: { reason, owner, until } },
      message: until === null ? "held" : `held until ${new Date(until).toISOString()}`,
    };
  });
}

export function deleteNodes(
  ids: readonly number[],
  { comment }: { comment: string },
  means: Means,
): Promise<readonly IdOutcome[]> {
  return each(ids, means, (node) => {
    if (stateName(node) === "delete") return { event: null, message: "being deleted already" };
    const result = node.timings.used === undefined ? "unused" : "used";
    return { event: { type: "delete", comment, result }, message: "marked for deletion" };
  });
}

export function releaseNodes(
  ids: readonly number[],
  { result, job }: { result: "SUCCESS" | "FAILURE" | null; job: string | null },
  means: Means,
): Promise<readonly IdOutcome[]> {
  return each(ids, means, (node) => {
    const state = stateName(node);
    if (state === "hold") return { event: null, message: "held, and kept until it is deleted" };
    if (state === "delete") return { event: null, message: "being deleted already" };
    if (state !== "used") return `node ${node.id} is ${state}, not in use: use \`delete\` to have it deleted`;
    const of = job ?? node.job;
    const comment = [of === null ? "released" : `released by ${of}`, result].filter(Boolean).join(": ");
    return {
      event: { type: "delete", comment, result: "used" },
      message: "released, and marked for deletion",
    };
  });
}

/** What is to happen to a node, or why it cannot. */
type Decision = { readonly event: NodeEvent | null; readonly message: string } | string;

async function each(
  ids: readonly number[],
  { ledger, clock }: Means,
  decide: (node: NodeRecord) => Decision,
): Promise<readonly IdOutcome[]> {
  return await Promise.all(ids.map((id) =>
    ledger.edit((edit): IdOutcome => {
      const node = edit.node(id);
      if (node === null) return { id, ok: false, message: `there is no node ${id}` };
      const decision = decide(node);
      if (typeof decision === "string") return { id, ok: false, message: decision };
      if (decision.event !== null) edit.putNode(transition(node, decision.event, clock.now()));
      return { id, ok: true, message: decision.message };
    }).catch((error): IdOutcome => {
      if (!(error instanceof IllegalTransitionError)) throw error;
      return { id, ok: false, message: `node ${id} is being deleted: its server cannot be kept any more` };
    })
  ));
}
