/** The outcome of an attempt. The executor stores it; attempts themselves change no record. */
import { CloudError, pauseAfter } from "../domain/cloud_error.ts";
import type { NodeEvent } from "../domain/node_transition.ts";
import type { Evidence, WaitingOn } from "../domain/node.ts";
import type { Instant, Milliseconds } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";

/** The needs of every attempt. */
export interface AttemptDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface Outcome {
  /** The event for the node; `ended`: nothing of it is left; null: no event, or it has been stored already. */
  readonly event: NodeEvent | "ended" | null;
  /** The meaning of the cloud's answer for the whole provider, where it has one. */
  readonly cloud?:
    /** It takes requests for servers. */
    | { readonly type: "accepts" }
    /** It takes none for a while. */
    | { readonly type: "refuses"; readonly error: CloudError }
    /** A flavor, an image or a network that we know of may be gone. */
    | { readonly type: "catalog-wrong" };
}

/**
 * It is tried again after the pause, or a longer one that the cloud asks for.
 * @throws the signal's reason on abort: what is broken off has not failed
 */
export function postponed(
  error: unknown,
  { reason, pause, clock, signal }: AttemptDeps & { reason: WaitingOn["reason"]; pause: Milliseconds },
) {
  signal.throwIfAborted();
  const until = clock.now() + pauseAfter(error, pause);
  return { type: "postponed", until, waitingOn: { reason, message: errorChain(error) } } as const;
}

/** The evidence that an error leaves. */
export function evidenceOf(error: unknown, now: Instant): Evidence {
  return {
    at: now,
    error: errorChain(error),
    kind: error instanceof CloudError ? error.kind : "unknown",
    requestId: error instanceof CloudError ? error.requestId : null,
    fault: null,
    console: null,
  };
}
