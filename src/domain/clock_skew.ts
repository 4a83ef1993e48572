/** By how much a cloud's clock and the machine's differ, where that matters to an operator. */
import type { CloudAhead } from "./server.ts";
import { type Milliseconds, MINUTE } from "./time.ts";

/** Less is no matter for an operator. */
export const TOLD_FROM = MINUTE;

/** By how much the cloud's clock is ahead of the machine's at the least; 0: perhaps not at all, or not by much. */
export function clockSkew({ atLeast, atMost }: CloudAhead, wallOffset: Milliseconds): Milliseconds {
  const skew = Math.max(0, atLeast - wallOffset) + Math.min(0, atMost - wallOffset);
  return Math.abs(skew) < TOLD_FROM ? 0 : skew;
}
