/** Finds a node by its id, living or gone, with all that there is to say of it. */
import { type NodeDetailsView, viewEndedNode, viewNodeDetails } from "../views/node_details.ts";
import { ControlError } from "./control_error.ts";
import type { StatePool } from "./operated_pool.ts";

/** @throws ControlError where there is no record of one */
export async function findNode(
  pool: Pick<StatePool, "report" | "ledger">,
  id: number,
): Promise<NodeDetailsView> {
  const now = pool.report();
  const living = viewNodeDetails(now, id);
  if (living !== null) return living;
  const ended = await pool.ledger.getHistory(id);
  if (ended === null) throw new ControlError(404, `there is no node ${id}, nor a record of one`);
  return viewEndedNode(ended, now);
}
