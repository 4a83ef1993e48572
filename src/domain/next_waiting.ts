/** A wait for the same reason keeps the time at which it began. */
import type { WaitingOn } from "./node.ts";
import type { Instant } from "./time.ts";

export function nextWaiting(
  before: WaitingOn | null,
  next: Omit<WaitingOn, "since">,
  now: Instant,
): WaitingOn {
  return { ...next, since: before?.reason === next.reason ? before.since : now };
}

/** The events that every record knows in any state. */
export type WaitingEvent =
  /** An attempt did not work, the next one comes later. */
  | {
    readonly type: "postponed";
    readonly until: Instant;
    readonly waitingOn: Omit<WaitingOn, "since">;
    /** When the attempt began, where there is a limit to the time for all of them. */
    readonly begunAt?: Instant;
  }
  /** Nothing to be done now, and why; null: it waits for nothing any more. */
  | { readonly type: "waiting"; readonly waitingOn: Omit<WaitingOn, "since"> | null };

/** Applies such an event; the state stays as it is. */
export function afterWaiting(
  record: { readonly attempt: number; readonly waitingOn: WaitingOn | null },
  event: WaitingEvent,
  now: Instant,
) {
  const waitingOn = event.waitingOn && nextWaiting(record.waitingOn, event.waitingOn, now);
  return event.type === "waiting"
    ? { waitingOn }
    : { attempt: record.attempt + 1, retryAt: event.until, waitingOn };
}
