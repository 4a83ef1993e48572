/** The frame of commands on nodes: each id has its own outcome, and no failure stops the others. */
import type { NodeRecord } from "../domain/node.ts";
import { IllegalTransitionError, type NodeEvent, transition } from "../domain/node_transition.ts";
import type { Clock } from "../lib/clock.ts";
import type { Edit } from "../store/draft.ts";
import type { Ledger } from "../store/ledger.ts";
import type { IdOutcome } from "./operation.ts";

export interface EachNodeDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
}

/** The event that a node is to go through, or why it cannot. */
export type Decision =
  | { readonly event: NodeEvent | null; readonly message: string; readonly stays?: boolean }
  | string;

/** Decides on each of the nodes in an edit of its own, and carries that out. */
export async function eachNode(
  ids: readonly number[],
  { ledger, clock }: EachNodeDeps,
  decide: (node: NodeRecord, edit: Edit) => Decision,
): Promise<readonly IdOutcome[]> {
  return await Promise.all(ids.map((id) =>
    ledger.edit((edit): IdOutcome => {
      const node = edit.node(id);
      if (node === null) return { id, ok: false, message: `there is no node ${id}` };
      const decision = decide(node, edit);
      if (typeof decision === "string") return { id, ok: false, message: decision };
      if (decision.event !== null) edit.putNode(transition(node, decision.event, clock.now()));
      const { message, stays } = decision;
      return { id, ok: true, message, ...(stays && { stays }) };
    }).catch((error): IdOutcome => {
      if (!(error instanceof IllegalTransitionError)) throw error;
      return { id, ok: false, message: `node ${id} is being deleted: its server can no longer be kept` };
    })
  ));
}

export function ofParent({ id, parentId }: NodeRecord): string {
  return `node ${id} is a subnode of node ${parentId} and shares its fate; give the id of that node`;
}
