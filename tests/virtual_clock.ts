/**
 * A clock that moves only when told to. Sleepers wake in the order of their times; between two of them all
 * promises that can settle do so, so that a run is the same every time. What it shows as the machine's clock can be
 * set without time passing.
 */
import type { Clock } from "../src/lib/clock.ts";

interface Sleeper {
  readonly at: number;
  readonly order: number;
  wake(): void;
}

export class VirtualClock implements Clock {
  #now: number;
  readonly #start: number;
  /** `wall` less `now`. */
  #wallOffset = 0;
  #order = 0;
  readonly #sleepers = new Set<Sleeper>();

  /** @param start milliseconds since the Unix epoch at which the clock stands first */
  constructor(start: number = Date.UTC(2030, 0, 1)) {
    this.#now = start;
    this.#start = start;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#now + this.#wallOffset;
  }

  /** Sets the machine's clock forward by so much, or back. */
  stepWall(milliseconds: number): void {
    this.#wallOffset += milliseconds;
  }

  monotonic(): number {
    return this.#now - this.#start;
  }

  sleep(milliseconds: number, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        this.#sleepers.delete(sleeper);
        reject(signal!.reason);
      };
      const sleeper: Sleeper = {
        at: this.#now + Math.max(0, milliseconds),
        order: this.#order++,
        wake: () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        },
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  /** How many wait for their time. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Lets so many milliseconds pass, waking every sleeper whose time comes. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settle();
    for (let next = this.#next(end); next !== null; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.at);
      this.#sleepers.delete(next);
      next.wake();
      await settle();
    }
    this.#now = Math.max(this.#now, end);
  }

  /**
   * Lets time pass until the condition holds.
   * @throws Error when it does not hold within `within` milliseconds
   */
  async advanceUntil(
    condition: () => boolean | Promise<boolean>,
    { within, step = 100 }: { within: number; step?: number },
  ): Promise<void> {
    const deadline = this.#now + within;
    await settle();
    while (!(await condition())) {
      if (this.#now >= deadline) {
        throw new Error(`the condition did not hold within ${within} ms: ${condition}`);
      }
      await this.advance(Math.min(step, deadline - this.#now));
    }
  }

  #next(until: number): Sleeper | null {
    let next: Sleeper | null = null;
    for (const sleeper of this.#sleepers) {
      if (sleeper.at > until) continue;
      if (next === null || sleeper.at < next.at || (sleeper.at === next.at && sleeper.order < next.order)) {
        next = sleeper;
      }
    }
    return next;
  }
}

/** Macrotask turns after which chains of promises and streams in memory have come to rest. */
const SETTLE_TURNS = 5;

async function settle(): Promise<void> {
  for (let turn = 0; turn < SETTLE_TURNS; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
