/** Waiting for the same reason goes on since it began. */
import type { WaitingOn } from "./node.ts";
import type { Instant } from "./time.ts";

export function nextWaiting(
  before: WaitingOn | null,
  next: Omit<WaitingOn, "since">,
  now: Instant,
): WaitingOn {
  return { ...next, since: before?.reason === next.reason ? before.since : now };
}
