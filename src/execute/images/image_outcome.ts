/** The outcome of an attempt for an image. The executor stores it; attempts themselves change no record. */
import { CloudError, pauseAfter } from "../../domain/cloud_error.ts";
import type { CloudErrorKind } from "../../domain/cloud_error_kind.ts";
import type { DibEvent } from "../../domain/dib_transition.ts";
import type { ImageEvent } from "../../domain/image_transition.ts";
import type { Evidence } from "../../domain/node.ts";
import { type Instant, type Milliseconds, MINUTE, SECOND } from "../../domain/time.ts";
import { backoff } from "../../domain/backoff.ts";
import { type AttemptDeps, evidenceOf, postponed } from "../outcome.ts";

export type ImageOutcome = ImageEvent;
/** `removed`: its files are gone, and so is the record. */
export type DibOutcome = DibEvent | { readonly type: "removed" };

/** Between attempts of a request that the cloud may well answer the next time. */
const FIRST_PAUSE = 5 * SECOND;
const LONGEST_PAUSE = 5 * MINUTE;

/** Refusals that pass, or say nothing of the image. */
const PASSING: ReadonlySet<CloudErrorKind> = new Set([
  "rateLimited",
  "unavailable",
  "timeout",
  "unauthorized",
  "conflict",
  "badResponse",
]);

/** After that number of attempts. */
function pauseOf({ attempt }: { readonly attempt: number }): Milliseconds {
  return backoff({ failures: attempt + 1, base: FIRST_PAUSE, max: LONGEST_PAUSE });
}

/** The outcome of a failed request for something that must not be made twice. */
export function refusalOutcome(
  error: unknown,
  { attempt, now, isAskedAgain }: { attempt: number; now: Instant; isAskedAgain: boolean },
): ImageOutcome {
  if (!(error instanceof CloudError) || error.effect === "unknown") {
    return { type: "answer-lost", evidence: evidenceOf(error, now) };
  }
  if (!isAskedAgain && !PASSING.has(error.kind)) return imageFailure(error, now);
  const waitingOn = { reason: "retry", message: error.message } as const;
  return { type: "refused", until: now + pauseAfter(error, pauseOf({ attempt })), waitingOn };
}

/** It failed, with what is known of it. */
export function imageFailure(
  error: unknown,
  now: Instant,
  more: Partial<Evidence> = {},
): ImageOutcome & { type: "failed" } {
  const evidence = { ...evidenceOf(error, now), ...more };
  return { type: "failed", comment: evidence.error, evidence };
}

/** It is tried again later. @throws the signal's reason on abort: what is broken off has not failed */
export function imagePostponed(
  error: unknown,
  { image, ...how }: AttemptDeps & { image: { readonly attempt: number }; reason: "delete" | "retry" },
) {
  return postponed(error, { ...how, pause: pauseOf(image) });
}
