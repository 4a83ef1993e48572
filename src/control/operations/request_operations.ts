/**
 * How a client gets nodes: it makes a request, waits for its grant, and confirms that it has the nodes. While somebody
 * waits the request is attended; one that nobody attends for 30 s is withdrawn, and nodes that were granted to it but
 * never confirmed are deleted. And what they and others wait for.
 */
import * as v from "valibot";
import { waitFor } from "../../lib/in_flight.ts";
import { whyTooMany } from "../../plan/most_nodes.ts";
import { endRequest } from "../../rules/end_request.ts";
import { acquiredNodesViewSchema, viewAcquiredNodes } from "../../views/acquired_nodes.ts";
import { requestViewSchema, viewRequest } from "../../views/request_list.ts";
import { rows, string } from "../../views/view_schema.ts";
import { ControlError } from "../control_error.ts";
import { findWaits, viewWaits, waitedFor, type Waits, waitViewSchema } from "../find_waits.ts";
import { count, id, instant, jobName, name, note, nothing, operation } from "../operation.ts";
import { checkRequest } from "../request_desk.ts";

const requestSpec = v.strictObject({
  label: name,
  count,
  job: v.nullable(jobName),
  client: v.nullable(note),
  /** When the client gives up, by the machine's clock; null: never. */
  deadline: v.nullable(instant),
  /** For who may have to ask again, not knowing whether the first time was heard: the same one, the same request. */
  token: v.nullish(v.pipe(v.string(), v.maxLength(100))),
});

export type RequestSpec = v.InferOutput<typeof requestSpec>;

export const requestOperations = {
  "request": operation({
    route: "POST /requests",
    needs: "daemon",
    request: requestSpec,
    answer: requestViewSchema,
    run: async (pool, spec) => {
      const { config } = pool;
      checkRequest(
        spec,
        config,
        (label, count) => whyTooMany(label, count, { config, nodes: pool.ledger.nodeIndex }),
      );
      if (!pool.daemon.isAccepting()) {
        throw new ControlError(503, "the daemon is stopping and accepts no requests");
      }
      return viewRequest(await pool.daemon.desk.create(spec), pool.report());
    },
  }),
  /** The nodes, once there are enough. */
  "request-grant": operation({
    route: "GET /requests/:id/grant",
    needs: "daemon",
    request: v.strictObject({ id }),
    answer: acquiredNodesViewSchema,
    run: async (pool, { id }, options) => {
      const nodes = await pool.daemon.desk.waitForGrant(id, options);
      return viewAcquiredNodes(nodes, { request: id, config: pool.config, pool: pool.ledger.nodeIndex });
    },
  }),
  /** The client has the nodes: the request is done. May be said again when the answer got lost. */
  "request-confirm": operation({
    route: "POST /requests/:id/confirm",
    needs: "daemon",
    request: v.strictObject({ id }),
    answer: nothing,
    run: ({ daemon }, { id }) => daemon.desk.confirm(id),
  }),
  /** The client no longer wants them. Unknown counts as done. */
  "request-withdraw": operation({
    route: "DELETE /requests/:id",
    needs: "state",
    request: v.strictObject({ id }),
    answer: nothing,
    run: ({ ledger, clock }, { id }) =>
      ledger.edit((edit) => endRequest(edit, { requestId: id, now: clock.now() })),
  }),
  /** Resolves once they wait for something else than what the client knows: at once where it knows nothing. */
  "waits": operation({
    route: "POST /waits",
    needs: "daemon",
    request: v.strictObject({ ...waitedFor.entries, known: rows(string) }),
    answer: v.object({ known: rows(string), waits: rows(waitViewSchema) }),
    run: async (pool, { known, ...asked }, { signal }) => {
      const before = new Set(known);
      const changed = (): Waits | null => {
        const waits = findWaits(asked, pool);
        return new Set(waits.keys()).symmetricDifference(before).size === 0 ? null : waits;
      };
      const waits = await waitFor("another reason to wait", () => pool.ledger.until(changed, { signal }));
      return { known: [...waits.keys()], waits: viewWaits(waits, pool) };
    },
  }),
};
