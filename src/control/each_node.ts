/** The frame of commands on nodes: each id has its own outcome, and no failure stops the others. */
import { wallOffsetOf } from "../domain/clock_record.ts";
import { describeGone } from "../domain/describe_gone.ts";
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
  deps: EachNodeDeps,
  decide: (node: NodeRecord, edit: Edit) => Decision,
): Promise<readonly IdOutcome[]> {
  return await Promise.all(
    ids.map(async (id) => await changeNode(id, deps, decide) ?? await notThere(id, deps)),
  );
}

/** null: there is no such node. */
function changeNode(
  id: number,
  { ledger, clock }: EachNodeDeps,
  decide: (node: NodeRecord, edit: Edit) => Decision,
): Promise<IdOutcome | null> {
  return ledger.edit((edit): IdOutcome | null => {
    const node = edit.node(id);
    if (node === null) return null;
    const decision = decide(node, edit);
    if (typeof decision === "string") return { id, ok: false, message: decision };
    if (decision.event !== null) edit.putNode(transition(node, decision.event, clock.now()));
    const { message, stays } = decision;
    return { id, ok: true, message, ...(stays && { stays }) };
  }).catch((error): IdOutcome => {
    if (!(error instanceof IllegalTransitionError)) throw error;
    return { id, ok: false, message: `node ${id} is being deleted: its server can no longer be kept` };
  });
}

/** One that is gone says since when and why. */
async function notThere(id: number, { ledger, clock }: EachNodeDeps): Promise<IdOutcome> {
  const gone = await ledger.getHistory(id);
  const wallOffset = wallOffsetOf(clock, ledger.clockRecord?.wallOffset);
  return {
    id,
    ok: false,
    message: gone === null ? `there is no node ${id}` : describeGone(gone, { wallOffset }),
  };
}

export function ofParent({ id, parentId }: NodeRecord): string {
  return `node ${id} is a subnode of node ${parentId} and shares its fate; give the id of that node`;
}
