/** The operations on nodes. */
import * as v from "valibot";
import { errorChain } from "../../lib/error_chain.ts";
import { waitFor } from "../../lib/in_flight.ts";
import { inventoryViewSchema, viewInventory } from "../../views/inventory.ts";
import { nodeDetailsViewSchema, nodeMetadataSchema, viewNodeMetadata } from "../../views/node_details.ts";
import { ControlError } from "../control_error.ts";
import { findNode } from "../find_node.ts";
import { holdNodes, unholdNodes } from "../hold_commands.ts";
import { deleteNodes, releaseNodes } from "../node_commands.ts";
import type { StatePool } from "../operated_pool.ts";
import { id, idOutcomes, ids, jobName, milliseconds, note, nothing, operation } from "../operation.ts";

export const nodeOperations = {
  /** Also of nodes that have left the pool, as long as their history is kept. */
  "node": operation({
    route: "GET /nodes/:id",
    needs: "config",
    request: v.strictObject({ id }),
    answer: nodeDetailsViewSchema,
    run: (pool, { id }) => findNode(pool, id),
  }),
  "node-metadata": operation({
    route: "GET /nodes/:id/metadata",
    needs: "state",
    request: v.strictObject({ id }),
    answer: nodeMetadataSchema,
    run: async (pool, { id }) =>
      viewNodeMetadata((await findNode(pool, id)).node, pool.report().installation.id),
  }),
  /** Resolves once the node has left the pool, at once if it has. */
  "node-end": operation({
    route: "GET /nodes/:id/end",
    needs: "daemon",
    request: v.strictObject({ id }),
    answer: nothing,
    run: async ({ ledger }, { id }, { signal }) => {
      const gone = () => ledger.nodes.has(id) ? null : true;
      await waitFor(`the end of node ${id}`, () => ledger.until(gone, { signal }));
    },
  }),
  /** The nodes that can be logged in to, for Ansible. */
  "inventory": operation({
    route: "GET /inventory",
    needs: "config",
    request: v.strictObject({}),
    answer: inventoryViewSchema,
    run: (pool) => {
      const report = pool.report();
      // Without it nobody knows who logs in at which port.
      if (report.config === null) throw noConfig(pool);
      return viewInventory(report);
    },
  }),
  "hold": operation({
    route: "POST /nodes/hold",
    needs: "state",
    request: v.strictObject({
      ids,
      reason: v.nullable(note),
      owner: v.nullable(note),
      duration: v.nullable(milliseconds),
      newOwner: v.nullish(note),
      extend: v.nullish(milliseconds),
    }),
    answer: idOutcomes,
    run: (pool, { ids, ...holding }) => holdNodes(ids, holding, withLimit(pool)),
  }),
  "unhold": operation({
    route: "POST /nodes/unhold",
    needs: "state",
    request: v.strictObject({ ids, comment: note }),
    answer: idOutcomes,
    run: (pool, { ids, comment }) => unholdNodes(ids, { comment }, pool),
  }),
  /** Marks them for deletion. */
  "delete": operation({
    route: "POST /nodes/delete",
    needs: "state",
    request: v.strictObject({ ids, comment: note }),
    answer: idOutcomes,
    run: (pool, { ids, comment }) => {
      pool.daemon?.noteDeletions(ids);
      return deleteNodes(ids, { comment }, pool);
    },
  }),
  /** Ends their use. A held node stays held, and one whose job failed is held where the job has an entry. */
  "release": operation({
    route: "POST /nodes/release",
    needs: "state",
    request: v.strictObject({
      ids,
      result: v.nullable(v.picklist(["SUCCESS", "FAILURE"])),
      job: v.nullable(jobName),
    }),
    answer: idOutcomes,
    run: async (pool, { ids, ...end }) => {
      const nodes = ids.flatMap((id) => pool.ledger.nodes.get(id) ?? []);
      const outcomes = await releaseNodes(ids, end, withLimit(pool));
      const released = new Set(outcomes.flatMap(({ id, ok }) => ok ? id : []));
      for (const node of nodes) {
        if (node.state.phase === "used" && released.has(node.id)) pool.daemon?.noteJobEnd(node, end);
      }
      return outcomes;
    },
  }),
};

function noConfig(pool: Pick<StatePool, "config">): ControlError {
  let problem = "`config-validate` says why";
  try {
    void pool.config;
  } catch (error) {
    problem = errorChain(error);
  }
  return new ControlError(409, `the inventory needs the configuration, which cannot be read: ${problem}`);
}

function withLimit(pool: Pick<StatePool, "ledger" | "clock" | "report">) {
  const { ledger, clock } = pool;
  return { ledger, clock, maxAge: pool.report().config?.limits.holdMaxAge ?? null };
}
