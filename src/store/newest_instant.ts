/** The latest moment at which something is recorded to have happened: the process that wrote it lived then. */
import type { NodeRecord } from "../domain/node.ts";
import { type Instant, LAST_INSTANT } from "../domain/time.ts";
import type { Ledger } from "./ledger.ts";

/** null: nothing is recorded. What lies after all calendars is damage, and no moment. */
export async function newestInstant(ledger: Ledger): Promise<Instant | null> {
  const [ended] = await ledger.listHistory({ limit: 1 });
  let newest = -Infinity;
  const take = (instant: Instant | null | undefined) => {
    if (instant !== null && instant !== undefined && instant > newest && instant <= LAST_INSTANT) {
      newest = instant;
    }
  };
  take(ledger.installation.createdAt);
  take(ledger.clockRecord?.at);
  take(ended?.endedAt);
  for (const node of ledger.nodes.values()) takeNode(node, take);
  for (const { createdAt, grantedAt } of ledger.requests.values()) [createdAt, grantedAt].forEach(take);
  for (const image of [...ledger.dibImages.values(), ...ledger.images.values()]) {
    [image.stateSince, image.waitingOn?.since, image.evidence?.at].forEach(take);
  }
  for (const { phaseSince } of ledger.images.values()) take(phaseSince);
  for (const { createdAt } of ledger.jobs.values()) take(createdAt);
  for (const { orderedAt, doneAt, lastFailureAt } of ledger.orders.values()) {
    [orderedAt, doneAt, lastFailureAt].forEach(take);
  }
  for (const { lastFailureAt } of ledger.pauses.values()) take(lastFailureAt);
  return newest === -Infinity ? null : newest;
}

function takeNode(node: NodeRecord, take: (instant: Instant | null | undefined) => void): void {
  const { stateSince, phaseSince, waitingOn, evidence, jobEnd, assignedAt } = node;
  [stateSince, phaseSince, waitingOn?.since, evidence?.at, jobEnd?.at, assignedAt].forEach(take);
}
