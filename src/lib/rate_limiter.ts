/**
 * When a request may start: at most a number at once, and not sooner than the interval after the one before.
 * Kinds of requests take turns, so that none starves; within a kind it is first come, first served. A server that
 * asks for less gets less (the interval doubles), and success brings back one request a second each time.
 * One for each server that is talked to; its client calls it.
 */
import { type Clock, sleptThrough } from "./clock.ts";
import { waitFor } from "./in_flight.ts";

/** A request that may start; disposing of it makes room for another. */
export interface Slot extends Disposable {
  /** The server asked for less; `retryAfter` milliseconds pass before anything else starts. */
  slowDown(options: { retryAfter: number | null }): void;
  speedUp(): void;
}

interface LimiterState {
  readonly inFlight: number;
  /** In flight at once. */
  readonly most: number;
  /** Milliseconds until another may start. */
  readonly nextStart: number;
  /** How many wait, by kind. */
  readonly waiting: Readonly<Record<string, number>>;
}

interface Waiter {
  start(slot: Slot): void;
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

/** `Turn`: the names of the kinds that take turns. */
export class RateLimiter<Turn extends string = string> {
  readonly #clock: Clock;
  readonly #rate: number;
  readonly #maxConcurrency: number;
  /** In the order in which the kinds are served next. */
  readonly #waiting = new Map<Turn, Set<Waiter>>();
  #queued = 0;
  #inFlight = 0;
  #interval: number;
  #nextStart = -Infinity;
  /** Counts slow-downs: requests that were in progress at one do not slow down again. */
  #slowDowns = 0;
  #timer: AbortController | null = null;

  /** @param options `rate` in milliseconds between two starts, 0 for no limit */
  constructor(options: { clock: Clock; rate: number; maxConcurrency: number }) {
    this.#clock = options.clock;
    this.#rate = options.rate;
    this.#interval = options.rate;
    this.#maxConcurrency = options.maxConcurrency;
  }

  /** Requests that wait. */
  get queued(): number {
    return this.#queued;
  }

  /** Milliseconds between two starts now in force. */
  get interval(): number {
    return this.#interval;
  }

  get state(): LimiterState {
    return {
      inFlight: this.#inFlight,
      most: this.#maxConcurrency,
      nextStart: Math.max(0, this.#nextStart - this.#clock.monotonic()),
      waiting: Object.fromEntries([...this.#waiting].map(([turn, { size }]) => [turn, size])),
    };
  }

  /**
   * Waits for a turn.
   * @throws the signal's reason when it is aborted while waiting
   */
  async take(turn: Turn, { signal }: { signal: AbortSignal }): Promise<Slot> {
    signal.throwIfAborted();
    if (this.#queued === 0 && this.#mayStart()) return this.#start();
    return await waitFor(`its turn at the rate limit, as ${turn}`, () => this.#wait(turn, signal));
  }

  #wait(turn: Turn, signal: AbortSignal): Promise<Slot> {
    return new Promise<Slot>((resolve, reject) => {
      const abort = () => {
        this.#remove(turn, waiter);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        start: (slot) => {
          signal.removeEventListener("abort", abort);
          resolve(slot);
        },
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#add(turn, waiter);
      this.#pump();
    });
  }

  #mayStart(): boolean {
    return this.#inFlight < this.#maxConcurrency && this.#nextStart <= this.#clock.monotonic();
  }

  #start(): Slot {
    this.#inFlight++;
    if (this.#interval > 0) this.#nextStart = this.#clock.monotonic() + this.#interval;
    const age = this.#slowDowns;
    let done = false;
    return {
      slowDown: ({ retryAfter }) => this.#slowDown({ age, retryAfter }),
      speedUp: () => this.#speedUp(age),
      [Symbol.dispose]: () => {
        if (done) return;
        done = true;
        this.#inFlight--;
        this.#pump();
      },
    };
  }

  #add(turn: Turn, waiter: Waiter): void {
    const queue = this.#waiting.get(turn);
    if (queue === undefined) this.#waiting.set(turn, new Set([waiter]));
    else queue.add(waiter);
    this.#queued++;
  }

  #remove(turn: Turn, waiter: Waiter): void {
    const queue = this.#waiting.get(turn)!;
    queue.delete(waiter);
    if (queue.size === 0) this.#waiting.delete(turn);
    this.#queued--;
    if (this.#queued === 0) this.#timer?.abort();
  }

  #pump(): void {
    while (this.#queued > 0 && this.#mayStart()) {
      const [turn, queue] = this.#waiting.entries().next().value!;
      const waiter: Waiter = queue.values().next().value!;
      this.#remove(turn, waiter);
      this.#moveToEnd(turn);
      waiter.start(this.#start());
    }
    if (this.#queued > 0 && this.#inFlight < this.#maxConcurrency) this.#wakeAtNextStart();
  }

  #moveToEnd(turn: Turn): void {
    const queue = this.#waiting.get(turn);
    if (queue === undefined) return;
    this.#waiting.delete(turn);
    this.#waiting.set(turn, queue);
  }

  #wakeAtNextStart(): void {
    if (this.#timer !== null) return;
    const timer = this.#timer = new AbortController();
    const wait = Math.ceil(this.#nextStart - this.#clock.monotonic());
    sleptThrough(this.#clock, wait, timer).then((due) => {
      if (this.#timer === timer) this.#timer = null;
      if (due || this.#queued > 0) this.#pump();
    });
  }

  #slowDown({ age, retryAfter }: { age: number; retryAfter: number | null }): void {
    const pause = Math.min(retryAfter ?? 0, MAX_PAUSE);
    if (age === this.#slowDowns) {
      this.#slowDowns++;
      const slower = Math.max(this.#interval * 2, FIRST_INTERVAL);
      this.#interval = Math.min(slower, Math.max(MAX_INTERVAL, this.#rate));
    }
    const now = this.#clock.monotonic();
    this.#nextStart = Math.max(this.#nextStart, now + Math.max(pause, this.#interval));
  }

  #speedUp(age: number): void {
    if (age !== this.#slowDowns || this.#interval <= this.#rate) return;
    const faster = SECOND / (SECOND / this.#interval + RECOVERY);
    const recovered = this.#rate === 0 && faster <= NEGLIGIBLE_INTERVAL;
    this.#interval = recovered ? 0 : Math.max(faster, this.#rate);
  }
}
