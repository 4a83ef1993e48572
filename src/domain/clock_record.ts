/**
 * The clocks at one moment, written down so that the next process can continue the count and can tell time that has
 * passed from a clock that was set meanwhile.
 */
import { type Instant, type Milliseconds, SECOND } from "./time.ts";

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

/** Less is not worth other times in lists. */
const SMALLEST_CHANGE = SECOND / 2;

/**
 * Added to an instant, it gives the machine's time of day; whatever shows times takes it from here, so that each is the same
 * wherever and whenever it is shown.
 * @param before the offset that went before, also in an earlier process; left out: there was none
 */
export function wallOffsetOf(
  clock: { now(): Instant; wall(): number },
  before: Milliseconds | undefined,
): Milliseconds {
  const measured = Math.round(clock.wall() - clock.now());
  return before !== undefined && Math.abs(measured - before) < SMALLEST_CHANGE ? before : measured;
}
