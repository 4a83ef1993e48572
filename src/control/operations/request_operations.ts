/**
 * How a client gets nodes: it makes a request, waits for its grant, and confirms that it has the nodes. While somebody
 * waits the request is attended; one that nobody attends for 30 s is withdrawn, and nodes that were granted to it but
 * never confirmed are deleted. And what they and others wait for.
 */
import * as v from "valibot";
import type { Refusal } from "../../domain/obstacle.ts";
import { obstaclesOfOrder, stepOf } from "../../domain/record_obstacles.ts";
import { waitFor } from "../../lib/in_flight.ts";
import { endRequest } from "../../rules/request_changes.ts";
import { acquiredNodesViewSchema, viewAcquiredNodes } from "../../views/acquired_nodes.ts";
import { requestViewSchema, viewRequest } from "../../views/request_list.ts";
import { obstacleViewSchema, viewObstacle } from "../../views/obstacle_view.ts";
import { rows, string } from "../../views/view_schema.ts";
import { ControlError } from "../control_error.ts";
import type { DaemonPool } from "../operated_pool.ts";
import { count, id, instant, jobName, name, note, nothing, operation, orderName } from "../operation.ts";
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

const waitedFor = v.strictObject({
  requests: v.pipe(v.array(id), v.readonly()),
  nodes: v.pipe(v.array(id), v.readonly()),
  images: v.pipe(v.array(id), v.readonly()),
  orders: v.pipe(v.array(orderName), v.readonly()),
});

const waitViewSchema = v.object({
  /** The request, the nodes or the images that wait for it. */
  what: rows(string),
  obstacles: rows(obstacleViewSchema),
});

export const requestOperations = {
  "request": operation({
    route: "POST /requests",
    needs: "daemon",
    request: requestSpec,
    answer: requestViewSchema,
    run: async (pool, spec) => {
      checkRequest(spec, { config: pool.config, nodes: pool.ledger.nodeIndex });
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

/** Those that wait for the same. */
interface Wait {
  readonly what: string[];
  readonly label: string | null;
  readonly refusals: readonly Refusal[];
}

/** By what tells the reasons apart: times and the like do not. */
type Waits = ReadonlyMap<string, Wait>;

/** Why requests, nodes and ordered images that somebody waits for are not there yet, each reason once. Without what does not wait, or of which nothing is known yet. */
function findWaits(asked: v.InferOutput<typeof waitedFor>, { ledger, clock, daemon }: DaemonPool): Waits {
  const waits = new Map<string, Wait>();
  const now = clock.now();
  const add = (what: string, refusals: readonly Refusal[], label: string | null = null) => {
    if (refusals.length === 0) return;
    const key = JSON.stringify(refusals, (key, value) => DETAILS.includes(key) ? undefined : value)
      .replaceAll(REQUEST_ID, "");
    const same = waits.get(key);
    if (same === undefined) waits.set(key, { what: [what], label, refusals });
    else same.what.push(what);
  };
  const stepsOf = (record: Parameters<typeof stepOf>[0] | undefined, provider: string): Refusal[] => {
    const obstacle = record === undefined ? null : stepOf(record, now);
    return obstacle === null ? [] : [{ provider, obstacle }];
  };
  for (const id of asked.requests) {
    add(`request ${id}`, daemon.waitsOf(id), ledger.requests.get(id)?.label);
  }
  for (const id of asked.nodes) {
    const node = ledger.nodes.get(id);
    add(`node ${id}`, stepsOf(node, node?.provider ?? ""), node?.label);
  }
  for (const id of asked.images) {
    const image = ledger.images.get(id);
    add(`image ${id}`, stepsOf(image, image?.provider ?? ""));
  }
  if (asked.orders.length > 0) {
    const [dibImages, images, orders] = [[...ledger.dibImages.values()], [...ledger.images.values()], [
      ...ledger.orders.values(),
    ]];
    for (const name of asked.orders) {
      const what = name.provider === null ? `diskimage ${name.image}` : `image ${name.image}`;
      add(what, obstaclesOfOrder(name, { now, dibImages, images, orders }));
    }
  }
  return waits;
}

/** OpenStack's name for one request: the next one that fails alike has another. */
const REQUEST_ID = /\breq-[\w-]+/g;
/** The same reason may have lasted longer, or more often. */
const DETAILS = ["since", "until", "count", "known", "failures", "lastError"];

function viewWaits(waits: Waits, pool: DaemonPool): v.InferOutput<typeof waitViewSchema>[] {
  const report = pool.report();
  return [...waits.values()].map(({ what, label, refusals }) => ({
    what,
    obstacles: refusals.map((refusal) => viewObstacle(refusal, { report, label })),
  }));
}
