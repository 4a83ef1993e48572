/** After failed launches a label pauses on a provider; kept in the store, so that a restart does not forget it. */
import type { Instant } from "./time.ts";

export interface LaunchPause {
  readonly provider: string;
  readonly label: string;
  /** Failed launches since the last one that became ready. */
  readonly failures: number;
  /** No launch before then; null: at once. */
  readonly until: Instant | null;
  /** The message of the last failure. */
  readonly lastError: string;
  /** The kind of the last failure, as in evidence; null or left out: not known. */
  readonly lastKind?: string | null | undefined;
  readonly lastFailureAt: Instant;
}
