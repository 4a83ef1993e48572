/**
 * How often one part of a server may be asked: at its rate, and more slowly once it asks for less (the interval
 * doubles), until success has brought back what it had, one request a second each time. `rate_limiter` has one for each.
 */
import type { Clock } from "./clock.ts";

/** A request that was begun, and can tell how it went. */
export interface PacedRequest {
  /** The part asked for less; `retryAfter` milliseconds pass before anything else is asked of it. */
  slowDown(options: { retryAfter: number | null }): void;
  speedUp(): void;
}

const SECOND = 1_000;
/** The interval after the first slow-down where there is no rate. */
const FIRST_INTERVAL = 100;
const MAX_INTERVAL = 10 * SECOND;
/** A longer Retry-After is the caller's to wait for, not a queue's. */
const MAX_PAUSE = 60 * SECOND;
/** Requests a second that one success gives back. */
const RECOVERY = 1;
/** At this interval one without a rate is back to no interval at all. */
const NEGLIGIBLE_INTERVAL = 10;

export class Pace {
  readonly #clock: Clock;
  readonly #rate: number;
  /** Milliseconds between two starts now in force. */
  interval: number;
  /** When the next request may start. */
  nextStart = -Infinity;
  /** Requests to the part; the limiter counts them. */
  inFlight = 0;
  /** Counts slow-downs: requests that were in progress at one do not slow down again. */
  #slowDowns = 0;

  constructor({ clock, rate }: { clock: Clock; rate: number }) {
    this.#clock = clock;
    this.#rate = rate;
    this.interval = rate;
  }

  /** Begins a request. */
  start(): PacedRequest {
    this.nextStart = this.interval === 0 ? -Infinity : this.#clock.monotonic() + this.interval;
    const age = this.#slowDowns;
    return {
      slowDown: ({ retryAfter }) => this.#slowDown({ age, retryAfter }),
      speedUp: () => this.#speedUp(age),
    };
  }

  #slowDown({ age, retryAfter }: { age: number; retryAfter: number | null }): void {
    const pause = Math.min(retryAfter ?? 0, MAX_PAUSE);
    if (age === this.#slowDowns) {
      this.#slowDowns++;
      const slower = Math.max(this.interval * 2, FIRST_INTERVAL);
      this.interval = Math.min(slower, Math.max(MAX_INTERVAL, this.#rate));
    }
    const now = this.#clock.monotonic();
    this.nextStart = Math.max(this.nextStart, now + Math.max(pause, this.interval));
  }

  #speedUp(age: number): void {
    if (age !== this.#slowDowns || this.interval <= this.#rate) return;
    const faster = SECOND / (SECOND / this.interval + RECOVERY);
    const recovered = this.#rate === 0 && faster <= NEGLIGIBLE_INTERVAL;
    this.interval = recovered ? 0 : Math.max(faster, this.#rate);
  }
}
