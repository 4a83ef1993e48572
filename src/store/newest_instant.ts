/** The latest moment at which something is recorded to have happened: the process that wrote it lived then. */
import { type Instant, LAST_INSTANT } from "../domain/time.ts";
import type { Ledger } from "./ledger.ts";

/** null: nothing is recorded. What lies after all calendars is damage, and no moment. */
export async function newestInstant(ledger: Ledger): Promise<Instant | null> {
  const [ended] = await ledger.listHistory({ limit: 1 });
  let newest = -Infinity;
  for (const moment of [ended?.endedAt, ...momentsIn(ledger)]) {
    if (typeof moment === "number" && moment > newest && moment <= LAST_INSTANT) newest = moment;
  }
  return newest === -Infinity ? null : newest;
}

function* momentsIn(ledger: Ledger): Iterable<Instant | null | undefined> {
  yield ledger.installation.createdAt;
  yield ledger.clockRecord?.at;
  for (const { stateSince, phaseSince, waitingOn, evidence, jobEnd, assignedAt } of ledger.nodes.values()) {
    yield* [stateSince, phaseSince, waitingOn?.since, evidence?.at, jobEnd?.at, assignedAt];
  }
  for (const { createdAt, grantedAt } of ledger.requests.values()) yield* [createdAt, grantedAt];
  for (
    const { stateSince, waitingOn, evidence } of [...ledger.dibImages.values(), ...ledger.images.values()]
  ) {
    yield* [stateSince, waitingOn?.since, evidence?.at];
  }
  for (const { phaseSince } of ledger.images.values()) yield phaseSince;
  for (const { createdAt } of ledger.jobs.values()) yield createdAt;
  for (const { orderedAt, doneAt, lastFailureAt } of ledger.orders.values()) {
    yield* [orderedAt, doneAt, lastFailureAt];
  }
  for (const { lastFailureAt } of ledger.pauses.values()) yield lastFailureAt;
}
