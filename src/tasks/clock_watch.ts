/**
 * Where the machine's clock stands against the count that all records are in (`lib/steady_clock.ts`). Setting that
 * clock changes one number, the offset between the two, and nothing else: no record gets older or younger by it. The
 * pool has it look every few seconds and before each report.
 */
import type { ClockReport, ClockStep } from "../domain/pool_report.ts";
import { durationText, type Milliseconds, MINUTE, SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { loggerOf } from "../lib/logging.ts";

/** Less is not worth other times in lists. */
const SMALLEST_CHANGE = SECOND / 2;
/** Less comes from keeping a clock right, not from setting it. */
const SMALLEST_STEP = 2 * SECOND;
/** Less is no matter for an operator. */
const TOLD_FROM = MINUTE;

export interface ClockWatchMeans {
  readonly clock: Clock;
  /** Called after the machine's clock was set. */
  readonly onStep: () => void;
}

const log = loggerOf("clock");

export class ClockWatch {
  readonly #means: ClockWatchMeans;
  #wallOffset: Milliseconds;
  #step: ClockStep | null = null;

  constructor(means: ClockWatchMeans) {
    this.#means = means;
    this.#wallOffset = offsetOf(means.clock);
  }

  /** What is to be added to an instant for the machine's time of day. */
  get wallOffset(): Milliseconds {
    return this.#wallOffset;
  }

  get report(): ClockReport {
    return { step: this.#step };
  }

  /** Takes the machine's clock as it is set now. */
  look(): void {
    const { clock, onStep } = this.#means;
    const offset = offsetOf(clock);
    const by = offset - this.#wallOffset;
    if (Math.abs(by) < SMALLEST_CHANGE) return;
    this.#wallOffset = offset;
    if (Math.abs(by) < SMALLEST_STEP) return;
    if (Math.abs(by) >= TOLD_FROM) this.#step = { at: clock.now(), by };
    log.warning(
      "the machine's clock went {way} by {length}, or the machine was suspended; nodes get no older by it",
      { way: by < 0 ? "back" : "forward", length: durationText(Math.abs(by)) },
    );
    onStep();
  }
}

function offsetOf(clock: Clock): Milliseconds {
  return Math.round(clock.wall() - clock.now());
}
