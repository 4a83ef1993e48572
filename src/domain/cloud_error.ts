/** A cloud's refusal or silence, and the conclusions from it. */
import type { CloudErrorKind } from "./cloud_error_kind.ts";
import type { Milliseconds } from "./time.ts";

/** A cloud's refusal, or its silence. The message names the action attempted, what was wrong and what to do. */
export class CloudError extends Error {
  override readonly name = "CloudError";
  readonly kind: CloudErrorKind;
  /** HTTP status; null where there was no answer. */
  readonly status: number | null;
  /** OpenStack's request id (`req-…`), for its operators' logs. */
  readonly requestId: string | null;
  /** How long the cloud asked us to wait, in milliseconds. */
  readonly retryAfter: number | null;
  /** `none` where the request certainly changed nothing on the cloud; `unknown` where it may have. */
  readonly effect: "none" | "unknown";

  constructor(kind: CloudErrorKind, message: string, options: {
    status?: number | null;
    requestId?: string | null;
    retryAfter?: number | null;
    effect?: "none" | "unknown";
    cause?: unknown;
  } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.status = options.status ?? null;
    this.requestId = options.requestId ?? null;
    this.retryAfter = options.retryAfter ?? null;
    this.effect = options.effect ?? "unknown";
  }
}

/**
 * Whether a service answered, and would not or could not do it, or the cloud does not have such a service: what is asked
 * for is not available there, while the rest of the cloud may be well. Not so where it did not answer, has had enough of
 * us, or takes us for nobody.
 */
export function isRefusal(error: unknown): error is CloudError {
  if (!(error instanceof CloudError) || error.status === 401) return false;
  return error.kind === "notFound" || (error.status !== null && error.kind !== "rateLimited");
}

/** How long to leave a cloud alone after an error: so long, or as long as it asked for, where that is longer. */
export function pauseAfter(error: unknown, pause: Milliseconds): Milliseconds {
  return error instanceof CloudError ? Math.max(error.retryAfter ?? 0, pause) : pause;
}
