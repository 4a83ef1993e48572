/**
 * When a request may start: at most a number at once, and not sooner than the interval after the one before. Kinds of
 * requests take turns, so that none starves; within a kind it is first come, first served. Each part of the server has
 * a pace of its own, and may have fewer requests at once: one that asks for less, or hangs, keeps none of the others
 * waiting. One for each server that is talked to; its client calls it.
 */
import { type Clock, sleptThrough } from "./clock.ts";
import { waitFor } from "./in_flight.ts";
import { Pace, type PacedRequest } from "./pace.ts";

/** A request that may start; disposing of it makes room for another. */
export interface Slot extends Disposable, PacedRequest {}

interface LimiterState {
  readonly inFlight: number;
  /** In flight at once. */
  readonly most: number;
  /** Milliseconds until another may start, whatever part it is for. */
  readonly nextStart: number;
  /** How many wait, by kind. */
  readonly waiting: Readonly<Record<string, number>>;
}

/** Called when its request may start. */
type Waiter = (slot: Slot) => void;

/** Requests of one kind to one part that wait. */
interface Queue<Turn> {
  readonly turn: Turn;
  readonly pace: Pace;
  readonly waiters: Set<Waiter>;
}

interface LimiterOptions {
  readonly clock: Clock;
  /** Milliseconds between two starts; 0: no limit. */
  readonly rate: number;
  readonly maxConcurrency: number;
  /** Of those, the most for one part of the server; left out: all. */
  readonly partConcurrency?: number;
}

/** `Turn`: the names of the kinds that take turns. */
export class RateLimiter<Turn extends string = string> {
  readonly #options: LimiterOptions;
  readonly #clock: Clock;
  readonly #paces = new Map<string, Pace>();
  /** In the order in which they are served next. */
  readonly #waiting = new Map<string, Queue<Turn>>();
  #queued = 0;
  #inFlight = 0;
  /** Whatever part it is for. */
  #nextStart = -Infinity;
  #timer: { readonly end: AbortController; readonly at: number } | null = null;

  constructor(options: LimiterOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  /** Requests that wait. */
  get queued(): number {
    return this.#queued;
  }

  /** Milliseconds between two starts now in force, where requests are spaced most. */
  get interval(): number {
    return Math.max(this.#options.rate, ...[...this.#paces.values()].map(({ interval }) => interval));
  }

  get state(): LimiterState {
    const starts = [...this.#paces.values()].map(({ nextStart }) => nextStart);
    const waiting: Record<string, number> = {};
    for (const { turn, waiters } of this.#waiting.values()) {
      waiting[turn] = (waiting[turn] ?? 0) + waiters.size;
    }
    return {
      inFlight: this.#inFlight,
      most: this.#options.maxConcurrency,
      nextStart: Math.max(0, Math.max(this.#nextStart, ...starts) - this.#clock.monotonic()),
      waiting,
    };
  }

  /**
   * Waits for a turn.
   * @param options `part`: the part of the server that is to answer
   * @throws the signal's reason when it is aborted while waiting
   */
  async take(turn: Turn, { signal, part = "" }: { signal: AbortSignal; part?: string }): Promise<Slot> {
    signal.throwIfAborted();
    const pace = this.#paces.getOrInsertComputed(part, () => new Pace(this.#options));
    if (this.#queued === 0 && this.#mayStart(pace)) return this.#start(pace);
    const queue = { key: `${turn} ${part}`, turn, pace };
    return await waitFor(`its turn at the rate limit, as ${turn}`, () => this.#wait(queue, signal));
  }

  #wait(of: { key: string; turn: Turn; pace: Pace }, signal: AbortSignal): Promise<Slot> {
    const { promise, resolve, reject } = Promise.withResolvers<Slot>();
    const abort = () => {
      this.#remove(of.key, waiter);
      reject(signal.reason);
    };
    const waiter: Waiter = (slot) => {
      signal.removeEventListener("abort", abort);
      resolve(slot);
    };
    signal.addEventListener("abort", abort, { once: true });
    this.#waiting.getOrInsertComputed(of.key, () => ({ ...of, waiters: new Set() })).waiters.add(waiter);
    this.#queued++;
    this.#pump();
    return promise;
  }

  #mayStart(pace: Pace): boolean {
    return this.#inFlight < this.#options.maxConcurrency && this.#startOf(pace) <= this.#clock.monotonic();
  }

  /** When a request to the part may start; Infinity: when one of its own ends. */
  #startOf({ nextStart, inFlight }: Pace): number {
    const { maxConcurrency, partConcurrency } = this.#options;
    return inFlight < (partConcurrency ?? maxConcurrency) ? Math.max(this.#nextStart, nextStart) : Infinity;
  }

  #start(pace: Pace): Slot {
    this.#inFlight++;
    pace.inFlight++;
    if (this.#options.rate > 0) this.#nextStart = this.#clock.monotonic() + this.#options.rate;
    let done = false;
    return {
      ...pace.start(),
      [Symbol.dispose]: () => {
        if (done) return;
        done = true;
        this.#inFlight--;
        pace.inFlight--;
        this.#pump();
      },
    };
  }

  #remove(key: string, waiter: Waiter): void {
    const { waiters } = this.#waiting.get(key)!;
    waiters.delete(waiter);
    if (waiters.size === 0) this.#waiting.delete(key);
    this.#queued--;
    if (this.#queued === 0) this.#timer?.end.abort();
  }

  #pump(): void {
    for (let next = this.#next(); next !== null; next = this.#next()) {
      const [key, { pace, waiters }] = next;
      const [waiter] = waiters;
      this.#remove(key, waiter!);
      this.#moveToEnd(key);
      waiter!(this.#start(pace));
    }
    if (this.#queued > 0 && this.#inFlight < this.#options.maxConcurrency) this.#wakeAtNextStart();
  }

  /** The first whose part may be asked. */
  #next(): [string, Queue<Turn>] | null {
    for (const entry of this.#waiting) if (this.#mayStart(entry[1].pace)) return entry;
    return null;
  }

  #moveToEnd(key: string): void {
    const queue = this.#waiting.get(key);
    if (queue === undefined) return;
    this.#waiting.delete(key);
    this.#waiting.set(key, queue);
  }

  #wakeAtNextStart(): void {
    const at = Math.min(...[...this.#waiting.values()].map(({ pace }) => this.#startOf(pace)));
    if (at === Infinity || (this.#timer !== null && this.#timer.at <= at)) return;
    this.#timer?.end.abort();
    const end = new AbortController();
    const timer = this.#timer = { end, at };
    sleptThrough(this.#clock, Math.ceil(at - this.#clock.monotonic()), end).then((due) => {
      if (this.#timer === timer) this.#timer = null;
      if (due || this.#queued > 0) this.#pump();
    });
  }
}
