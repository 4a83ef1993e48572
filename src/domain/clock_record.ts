/**
 * How clocks stood when it was written, so that the next process can count on from here and tell time that has passed
 * from a clock that was set meanwhile.
 */
import type { Instant, Milliseconds } from "./time.ts";

export interface ClockRecord {
  readonly at: Instant;
  /** Added to an instant, it gave the machine's time of day. */
  readonly wallOffset: Milliseconds;
  /** How far the clouds' clocks were ahead of the instants of this pool. */
  readonly clouds: readonly CloudClock[];
}

export interface CloudClock {
  readonly provider: string;
  /** Negative: behind. */
  readonly ahead: Milliseconds;
}
