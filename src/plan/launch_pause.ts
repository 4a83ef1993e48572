/**
 * How a label continues on a provider after failed launches: the first few are retried soon, then pauses grow, and
 * after a pause one launch at a time is tried until one becomes ready.
 */
import { backoff } from "../domain/backoff.ts";
import type { LaunchPause } from "../domain/launch_pause.ts";
import { type Instant, MINUTE, SECOND } from "../domain/time.ts";

const RETRY_PAUSE = 1 * SECOND;
const FIRST_PAUSE = 15 * SECOND;
const LONGEST_PAUSE = 10 * MINUTE;

interface FailedLaunch {
  readonly provider: string;
  readonly label: string;
  readonly error: string;
  /** The RESULT part of launch metrics; null: not known. */
  readonly kind: string | null;
  /** When that launch was decided on. */
  readonly launchedAt: Instant;
  /** The provider's launch-retries. */
  readonly retries: number;
}

export function pauseAfterFailure(
  previous: LaunchPause | null,
  failed: FailedLaunch,
  now: Instant,
): LaunchPause {
  // Launches that were in progress when the pause began tell nothing new.
  if (
    previous !== null && isProbing(previous, failed.retries) && failed.launchedAt < previous.lastFailureAt
  ) {
    return { ...previous, lastError: failed.error, lastKind: failed.kind };
  }
  const failures = (previous?.failures ?? 0) + 1;
  const beyond = failures - failed.retries;
  const pause = beyond < 1
    ? RETRY_PAUSE
    : backoff({ failures: beyond, base: FIRST_PAUSE, max: LONGEST_PAUSE });
  return {
    provider: failed.provider,
    label: failed.label,
    failures,
    until: now + pause,
    lastError: failed.error,
    lastKind: failed.kind,
    lastFailureAt: now,
  };
}

/** Whether that number of failures means that launches go ahead one at a time. */
export function isProbing(pause: Pick<LaunchPause, "failures">, retries: number): boolean {
  return pause.failures >= retries;
}
