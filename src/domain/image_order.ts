/**
 * The orders for an image, and how its attempts went: one record for each diskimage (`provider` null)
 * and one for each image of a provider. Kept in the store, so that neither an order nor a pause is forgotten.
 */
import type { Instant } from "./time.ts";

export interface ImageOrder {
  /** null: the build of a diskimage. */
  readonly provider: string | null;
  /** The diskimage's or the provider image's name. */
  readonly image: string;
  /** A new one is wanted since then; null: none is. */
  readonly orderedAt: Instant | null;
  /** Of an upload: only a build decided on then or later will do; null: the newest that is ready. */
  readonly builtSince: Instant | null;
  /** When the newest of all became ready, also if it is deleted since; null: none ever did. */
  readonly doneAt: Instant | null;
  /** Version of that one. */
  readonly doneVersion: number | null;
  /** Attempts that failed since the last one that became ready. */
  readonly failures: number;
  /** No attempt before then; null: at once. */
  readonly until: Instant | null;
  readonly lastError: string | null;
  readonly lastFailureAt: Instant | null;
}
