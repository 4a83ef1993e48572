import type { Milliseconds } from "../domain/time.ts";
import { CloudError } from "../domain/cloud_error.ts";

/** How long to leave a cloud alone after an error: so long, or as long as it asked for, where that is longer. */
export function pauseAfter(error: unknown, pause: Milliseconds): Milliseconds {
  return error instanceof CloudError ? Math.max(error.retryAfter ?? 0, pause) : pause;
}
