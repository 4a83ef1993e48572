/**
 * Where the machine's clock, and the clouds', stand against the count that all records are in (`lib/steady_clock.ts`).
 * Setting the machine's clock changes one number, the offset between the two, and nothing else: no record gets older
 * or younger by it. The pool has it look every few seconds and before each report; what it sees is written down now
 * and then for the next process (`begin_clock.ts`).
 */
import { clockSkew, TOLD_FROM } from "../domain/clock_skew.ts";
import { type ClockRecord, type CloudClock, wallOffsetOf } from "../domain/clock_record.ts";
import type { ClockReport, ClockStep } from "../domain/pool_report.ts";
import type { CloudAhead } from "../domain/server.ts";
import { durationText, type Milliseconds, MINUTE, SECOND } from "../domain/time.ts";
import { bulkhead } from "../lib/bulkhead.ts";
import type { Clock } from "../lib/clock.ts";
import { loggerOf } from "../lib/logging.ts";

/** Less comes from keeping a clock right, not from setting it. */
const SMALLEST_STEP = 2 * SECOND;
/** Dates are whole seconds, and answers take some time. */
const CLOUD_JITTER = 10 * SECOND;
/** Between two times that it is written down. */
const SAVED_EVERY = 5 * MINUTE;

interface ClockWatchDeps {
  readonly clock: Clock;
  /** By how much the machine's clock was set while no process ran. */
  readonly setBefore: Milliseconds;
  /** The record written last; null: never. */
  readonly saved: ClockRecord | null;
  /** How the clouds' clocks were seen to stand last, by provider; null: not seen yet. */
  readonly clouds: () => Iterable<readonly [provider: string, ahead: CloudAhead | null]>;
  readonly save: (record: ClockRecord) => Promise<void>;
  /** Called after the machine's clock was set, or the machine was suspended: by how much it is ahead of before. */
  readonly onStep: (by: Milliseconds) => void;
}

const log = loggerOf("clock");

export class ClockWatch {
  readonly #deps: ClockWatchDeps;
  /** Added to an instant, it gives the machine's time of day. */
  wallOffset: Milliseconds;
  #step: ClockStep | null;
  #saved: ClockRecord | null;

  constructor(deps: ClockWatchDeps) {
    const { clock, setBefore, saved } = this.#deps = deps;
    this.#saved = saved;
    this.wallOffset = wallOffsetOf(clock, saved?.wallOffset);
    this.#step = setBefore === 0 ? null : { at: clock.now(), by: setBefore, whileStopped: true };
  }

  get report(): ClockReport {
    const clouds = [...this.#deps.clouds()].flatMap(([provider, ahead]) => {
      const skew = ahead === null ? 0 : clockSkew(ahead, this.wallOffset);
      return skew === 0 ? [] : { provider, ahead: skew };
    });
    return { step: this.#step, clouds };
  }

  /** Takes the machine's clock as it is set now. */
  look(): void {
    const { clock, onStep } = this.#deps;
    const offset = wallOffsetOf(clock, this.wallOffset);
    const by = offset - this.wallOffset;
    this.wallOffset = offset;
    if (Math.abs(by) < SMALLEST_STEP) return;
    if (Math.abs(by) >= TOLD_FROM) this.#step = { at: clock.now(), by, whileStopped: false };
    log.warning(describe(by), { length: durationText(Math.abs(by)) });
    bulkhead("a listener for steps of the machine's clock", () => onStep(by));
  }

  /** Writes down how the clocks stand, where that is news. */
  async saveNews(): Promise<void> {
    if (isNews(this.#record(), this.#saved)) await this.save();
  }

  async save(): Promise<void> {
    const record = this.#record();
    await this.#deps.save(record);
    this.#saved = record;
  }

  #record(): ClockRecord {
    const clouds = [...this.#deps.clouds()].flatMap(([provider, ahead]): CloudClock[] =>
      ahead === null ? knownOf(this.#saved, provider) : [{ provider, ahead: ahead.atLeast }]
    );
    return { at: this.#deps.clock.now(), wallOffset: this.wallOffset, clouds };
  }
}

function describe(step: Milliseconds): string {
  return step < 0
    ? "the machine's clock was set back by {length}; the ages of nodes are not affected"
    : "the machine's clock went forward by {length}: it was set, or the machine was suspended; the ages of nodes are not affected";
}

function knownOf(record: ClockRecord | null, provider: string): CloudClock[] {
  return record?.clouds.filter((cloud) => cloud.provider === provider) ?? [];
}

function isNews(now: ClockRecord, before: ClockRecord | null): boolean {
  if (before === null || now.wallOffset !== before.wallOffset || now.at - before.at >= SAVED_EVERY) {
    return true;
  }
  return now.clouds.some(({ provider, ahead }) => {
    const [known] = knownOf(before, provider);
    return known === undefined || Math.abs(ahead - known.ahead) > CLOUD_JITTER;
  });
}
