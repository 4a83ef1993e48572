/** The operations that look one thing up, by any of its names. */
import * as v from "valibot";
import { findGoneNode, findNamedNode } from "../../domain/find_named_node.ts";
import { explanationViewSchema } from "../../views/explain/explanation.ts";
import { viewExplanation, whyNotExplained } from "../../views/explain/view_explanation.ts";
import { nodeDetailsViewSchema, viewEndedNode, viewNodeDetails } from "../../views/node_details.ts";
import { ControlError } from "../control_error.ts";
import { name, operation } from "../operation.ts";

export const explainOperations = {
  /** Why there is, or is not, a node. */
  "explain": operation({
    route: "GET /explain/:name",
    needs: "config",
    request: v.strictObject({ name }),
    answer: explanationViewSchema,
    run: async (pool, { name }) => {
      const report = pool.report();
      const explanation = viewExplanation(report, name);
      if (explanation !== null) return explanation;
      const { status, message } = await whyNotExplained(name, { history: pool.ledger, report });
      throw new ControlError(status, message);
    },
  }),
  /** A node, living or gone, by its id, host name, server id or address. */
  "show": operation({
    route: "GET /show/:name",
    needs: "config",
    request: v.strictObject({ name }),
    answer: nodeDetailsViewSchema,
    run: async (pool, { name }) => {
      const report = pool.report();
      const node = findNamedNode(report.nodes, name);
      const living = node === null ? null : viewNodeDetails(report, node.id);
      if (living !== null) return living;
      const gone = await findGoneNode(pool.ledger, name);
      if (gone !== null) return viewEndedNode(gone, report);
      throw new ControlError(404, `no node has the id, host name, server id or address ${name}`);
    },
  }),
};
