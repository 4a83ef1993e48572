/**
 * How late the event loop is, by a timer of its own, and what delayed it: a block of over a second is reported as soon
 * as it is over, with the work that ran last before it. Up to 50 ms of a block go unseen. The daemon has one.
 */
import { bulkhead } from "./bulkhead.ts";
import { type Clock, sleptThrough } from "./clock.ts";
import type { LastRan } from "./in_flight.ts";

/** Milliseconds. */
const LOOK = 50;
const BLOCKED = 1_000;

/** A minute of looks. */
const KEPT = 1_200;

/** Milliseconds, over the last minute. */
interface LoopDelay {
  readonly mean: number;
  /** 99 of 100 looks were no later. */
  readonly p99: number;
  readonly longest: number;
}

interface LoopWatchOptions {
  readonly clock: Pick<Clock, "monotonic" | "sleep">;
  /** Told how late each look was. */
  readonly onDelay?: (delay: number) => void;
  /** The work before the longest silence since the last call. */
  readonly lastBefore: (now: number) => LastRan | null;
  readonly onBlocked: (block: { readonly duration: number; readonly by: LastRan | null }) => void;
}

export class LoopWatch implements AsyncDisposable {
  readonly #options: LoopWatchOptions;
  readonly #delays: number[] = [];
  #next = 0;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  /** It watches until it is disposed of. */
  constructor(options: LoopWatchOptions) {
    this.#options = options;
    this.#done = this.#watch();
  }

  get delay(): LoopDelay {
    const sorted = this.#delays.toSorted((a, b) => a - b);
    const sum = sorted.reduce((total, delay) => total + delay, 0);
    return {
      mean: sum / Math.max(1, sorted.length),
      p99: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0,
      longest: sorted.at(-1) ?? 0,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #watch(): Promise<void> {
    const { clock, lastBefore, onDelay, onBlocked } = this.#options;
    for (let due = clock.monotonic() + LOOK;; due = clock.monotonic() + LOOK) {
      if (!await sleptThrough(clock, LOOK, this.#stop)) return;
      const now = clock.monotonic();
      const duration = Math.max(0, now - due);
      this.#keep(duration);
      bulkhead("a listener for delays of the event loop", () => onDelay?.(duration));
      const by = lastBefore(now);
      if (duration > BLOCKED) {
        bulkhead("a listener for blocks of the event loop", () => onBlocked({ duration, by }));
      }
    }
  }

  #keep(delay: number): void {
    this.#delays[this.#next] = delay;
    this.#next = (this.#next + 1) % KEPT;
  }
}
