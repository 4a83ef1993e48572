/** The rung of each ladder on which a failed attempt waits for the next one. */
import type { NodeRecord, WaitingOn } from "../domain/node.ts";
import type { Instant } from "../domain/time.ts";
import { wait } from "./follow_ladder.ts";

/**
 * Keeps the last attempt's message until then; null: the next one may be made.
 * @param options `by`: when to look again at the latest; `otherwise`: what it waits for where no attempt said
 * anything
 */
export function awaitRetry(
  { retryAt, waitingOn }: Pick<NodeRecord, "retryAt" | "waitingOn">,
  { now, reason, by = Infinity, otherwise = "the next attempt" }: {
    now: Instant;
    reason: WaitingOn["reason"];
    by?: Instant;
    otherwise?: string;
  },
): ReturnType<typeof wait> | null {
  if (retryAt === null || retryAt <= now) return null;
  return wait(reason, waitingOn?.message ?? otherwise, Math.min(retryAt, by));
}

/** Whether each attempt that was due by then has been made, and at least one. */
export function isTriedUntil(
  time: Instant,
  { attempt, retryAt }: { attempt: number; retryAt: Instant | null },
): boolean {
  return attempt > 0 && (retryAt === null || retryAt >= time);
}
