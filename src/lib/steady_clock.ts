/**
 * A clock whose count can be taken up where an earlier process left it. From then on its `now` moves
 * with the monotonic clock alone. The daemon has one for all that its records say of time.
 */
import type { Clock } from "./clock.ts";

export class SteadyClock implements Clock {
  readonly #machine: Clock;
  /** `now` less `monotonic`. */
  #base: number;

  /** It begins at what the machine's clock shows. */
  constructor(machine: Clock) {
    this.#machine = machine;
    this.#base = machine.wall() - machine.monotonic();
  }

  now(): number {
    return Math.floor(this.#base + this.#machine.monotonic());
  }

  wall(): number {
    return this.#machine.wall();
  }

  monotonic(): number {
    return this.#machine.monotonic();
  }

  sleep(milliseconds: number, options?: { signal?: AbortSignal }): Promise<void> {
    return this.#machine.sleep(milliseconds, options);
  }

  /** Counts on from there, which may be earlier: only before anything has kept an instant of this clock. */
  continueFrom(now: number): void {
    this.#base = now - this.#machine.monotonic();
  }
}
