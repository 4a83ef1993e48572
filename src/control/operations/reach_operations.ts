/** The operations by which somebody reaches a node itself. */
import * as v from "valibot";
import { nodeLoginsViewSchema, viewNodeLogins } from "../../views/node_logins.ts";
import { viewEndedNode } from "../../views/node_details.ts";
import { viewHead } from "../../views/view_head.ts";
import { ControlError } from "../control_error.ts";
import type { StatePool } from "../operated_pool.ts";
import { findNode } from "../find_node.ts";
import { id, name, operation } from "../operation.ts";
import { readNodeLog } from "../read_node_log.ts";
import { nodeLogViewSchema } from "../../views/node_log.ts";

export const reachOperations = {
  /** All that a login needs: to the node with that id or hostname, or to each that has the job. */
  "node-logins": operation({
    route: "GET /logins/:wanted",
    needs: "config",
    request: v.strictObject({ wanted: name }),
    answer: nodeLoginsViewSchema,
    run: async (pool, { wanted }) => {
      const living = viewNodeLogins(pool.report(), wanted);
      return living.nodes.length > 0 ? living : await viewGoneLogin(pool, wanted);
    },
  }),
  /** The last lines of its console, and the output of its scripts, also of a node that is gone. */
  "node-log": operation({
    route: "GET /nodes/:id/log",
    needs: "config",
    request: v.strictObject({ id, lines: id }),
    answer: nodeLogViewSchema,
    run: async (pool, { id, lines }, { signal }) =>
      await readNodeLog(pool, { view: await findNode(pool, id), lines, signal }),
  }),
};

/** Nobody can log in there; the caller learns what became of it. */
async function viewGoneLogin(pool: Pick<StatePool, "report" | "ledger">, wanted: string) {
  const gone = /^\d{1,15}$/.test(wanted) ? await pool.ledger.getHistory(Number(wanted)) : null;
  if (gone === null) {
    throw new ControlError(404, `there is no node ${wanted}, and no node that job ${wanted} has`);
  }
  const report = pool.report();
  const { node } = viewEndedNode(gone, report);
  return { ...viewHead(report), nodes: [{ node, private_key: null, occupant: null }] };
}
