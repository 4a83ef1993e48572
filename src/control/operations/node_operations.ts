/** The operations on nodes, living or gone: facts about them, ways to reach them, and changes to them. */
import * as v from "valibot";
import { findGoneNode, findNamedNode } from "../../domain/find_named_node.ts";
import { errorChain } from "../../lib/error_chain.ts";
import { waitFor } from "../../lib/in_flight.ts";
import { inventoryViewSchema, viewInventory } from "../../views/inventory.ts";
import { explanationViewSchema } from "../../views/explain/explanation.ts";
import { viewExplanation, whyNotExplained } from "../../views/explain/view_explanation.ts";
import {
  findNodeDetails,
  type NodeDetailsView,
  nodeDetailsViewSchema,
  nodeMetadataSchema,
  viewEndedNode,
  viewNodeDetails,
  viewNodeMetadata,
} from "../../views/node_details.ts";
import { nodeLogViewSchema } from "../../views/node_log.ts";
import { nodeLoginsViewSchema, viewNodeLogins } from "../../views/node_logins.ts";
import { viewHead } from "../../views/view_head.ts";
import { ControlError } from "../control_error.ts";
import { deleteNodes, holdNodes, releaseNodes, unholdNodes } from "../node_commands.ts";
import type { StatePool } from "../operated_pool.ts";
import { id, idOutcomes, ids, jobName, milliseconds, name, note, nothing, operation } from "../operation.ts";
import { readNodeLog } from "../read_node_log.ts";

const holding = {
  reason: v.nullable(note),
  /** Whose it is, if nobody holds it yet. */
  owner: v.nullable(note),
  /** From now on. */
  duration: v.nullable(milliseconds),
  /** Whose it is from now on; null, or left out: whose it was. */
  newOwner: v.nullish(note),
  /** From the end that it has. */
  extend: v.nullish(milliseconds),
};

export type Holding = v.InferOutput<v.StrictObjectSchema<typeof holding, undefined>>;

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
    request: v.strictObject({ ids, ...holding }),
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

/** @throws ControlError where there is no record of one */
async function findNode(
  pool: Pick<StatePool, "report" | "ledger">,
  id: number,
): Promise<NodeDetailsView> {
  const found = await findNodeDetails(id, { report: pool.report(), history: pool.ledger });
  if (found !== null) return found;
  throw new ControlError(404, `there is no node ${id}, and no record of one`);
}

/** Nobody can log in there; the caller learns how it ended. */
async function viewGoneLogin(pool: Pick<StatePool, "report" | "ledger">, wanted: string) {
  const gone = /^\d{1,15}$/.test(wanted) ? await pool.ledger.getHistory(Number(wanted)) : null;
  if (gone === null) {
    throw new ControlError(404, `there is no node ${wanted}, and no node that job ${wanted} has`);
  }
  const report = pool.report();
  const { node } = viewEndedNode(gone, report);
  return { ...viewHead(report), nodes: [{ node, private_key: null, occupant: null }] };
}
