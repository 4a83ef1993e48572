/** The rung of each ladder on which what failed waits for its next attempt. */
import type { WaitingOn } from "../domain/node.ts";
import type { Instant } from "../domain/time.ts";

interface Retried {
  readonly retryAt: Instant | null;
  readonly waitingOn: WaitingOn | null;
}

/** Whether each attempt that was due by then has been made, and at least one. */
export function isTriedUntil(
  time: Instant,
  { attempt, retryAt }: { attempt: number; retryAt: Instant | null },
): boolean {
  return attempt > 0 && (retryAt === null || retryAt >= time);
}

interface Wait {
  readonly do: "wait";
  readonly reason: WaitingOn["reason"];
  readonly message: string;
  readonly until: Instant;
}

/**
 * Keeps the last attempt's message until then; null: the next one may be made.
 * @param options `by`: when to look again at the latest; `otherwise`: what it waits for where no attempt said
 * anything
 */
export function awaitRetry(
  { retryAt, waitingOn }: Retried,
  { now, reason, by = Infinity, otherwise = "the next attempt" }: {
    now: Instant;
    reason: WaitingOn["reason"];
    by?: Instant;
    otherwise?: string;
  },
): Wait | null {
  if (retryAt === null || retryAt <= now) return null;
  return {
    do: "wait",
    reason,
    message: waitingOn?.message ?? otherwise,
    until: Math.min(retryAt, by),
  };
}
