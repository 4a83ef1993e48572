import type { CloudErrorKind } from "./cloud_error_kind.ts";

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
