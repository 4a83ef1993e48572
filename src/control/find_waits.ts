/** Why requests, nodes and ordered images that somebody waits for are not there yet, each reason once. */
import type { Refusal } from "../domain/obstacle.ts";
import { obstaclesOfOrder, stepOf } from "../domain/record_obstacles.ts";
import { obstacleViewSchema, viewObstacle } from "../views/obstacle_view.ts";
import { rows, string } from "../views/view_schema.ts";
import type { DaemonPool } from "./operated_pool.ts";
import * as v from "valibot";
import { id, orderName } from "./operation.ts";

export const waitedFor = v.strictObject({
  requests: v.pipe(v.array(id), v.readonly()),
  nodes: v.pipe(v.array(id), v.readonly()),
  images: v.pipe(v.array(id), v.readonly()),
  orders: v.pipe(v.array(orderName), v.readonly()),
});
type WaitedFor = v.InferOutput<typeof waitedFor>;

export const waitViewSchema = v.object({
  /** The request, the nodes or the images that wait for it. */
  what: rows(string),
  obstacles: rows(obstacleViewSchema),
});

/** Those that wait for the same. */
interface Wait {
  readonly what: string[];
  readonly label: string | null;
  readonly refusals: readonly Refusal[];
}

/** By what tells the reasons apart: times and the like do not. */
export type Waits = ReadonlyMap<string, Wait>;

/** Without what does not wait, or of which nothing is known yet. */
export function findWaits(asked: WaitedFor, { ledger, clock, daemon }: DaemonPool): Waits {
  const waits = new Map<string, Wait>();
  const now = clock.now();
  const add = (what: string, refusals: readonly Refusal[], label: string | null = null) => {
    if (refusals.length === 0) return;
    const key = JSON.stringify(refusals, withoutDetails).replaceAll(REQUEST_ID, "");
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
const DETAILS = ["since", "until", "count", "known", "failures", "lastError"];

/** The same reason may have lasted longer, or more often. */
function withoutDetails(key: string, value: unknown): unknown {
  return DETAILS.includes(key) ? undefined : value;
}

export function viewWaits(waits: Waits, pool: DaemonPool): v.InferOutput<typeof waitViewSchema>[] {
  const report = pool.report();
  return [...waits.values()].map(({ what, label, refusals }) => ({
    what,
    obstacles: refusals.map((refusal) => viewObstacle(refusal, { report, label })),
  }));
}
