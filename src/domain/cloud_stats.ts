/** What a cloud's client counted and measured. */
import type { Instant } from "./time.ts";

export interface CloudStats {
  /** Requests sent, retries included. */
  readonly requests: number;
  readonly errors: number;
  /** Waiting for the rate limit or a free connection. */
  readonly queued: number;
  /** Milliseconds between request starts now in force, after slow-downs. */
  readonly rate: number;
  /** Mean of recent answers, in milliseconds; null before the first. */
  readonly latency: number | null;
  readonly lastError: { readonly at: Instant; readonly message: string } | null;
}
