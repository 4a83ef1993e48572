/**
 * Attempts in progress: each piece of work at most once, and of a kind only as many as there are places. One that
 * takes long may leave its place to others and go on. What finds no place is dropped: the next plan asks for it
 * again, so that nothing waits in a queue that only a process knows. The executors start them and are woken by each
 * end.
 */
import { type Milliseconds, SECOND } from "../domain/time.ts";
import { bulkhead } from "../lib/bulkhead.ts";
import type { Clock } from "../lib/clock.ts";
import { inFlight, waitFor, type WorkName } from "../lib/in_flight.ts";
import { placeFor } from "../lib/at_most.ts";

interface AttemptsDeps {
  readonly clock: Clock;
  /** Called after each attempt. */
  readonly wake: () => void;
}

export interface Attempt {
  /** The name of the work, for reports of what is in flight. */
  readonly work: WorkName;
  /** Names the piece of work: the same is never done twice at once. */
  readonly key: string;
  /** Attempts of one lane share its places. */
  readonly lane: string;
  /** How many places the lane has at this moment. */
  readonly places: number;
  /** How long it keeps its place at most, where it only waits for most of its time; otherwise until its end. */
  readonly placeTime?: Milliseconds | undefined;
  /** Does it and stores what it came to; the signal's abort ends it. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** It broke in a way nobody foresaw. */
  readonly onDefect: (error: unknown) => void;
}

interface Running {
  readonly what: string;
  readonly done: Promise<void>;
  readonly abort: AbortController;
}

/**
 * An attempt whose outcome cannot be stored (a full disk) keeps its place this long, or it would retry in a tight
 * loop.
 */
const DEFECT_PAUSE = 5 * SECOND;

export class Attempts implements AsyncDisposable {
  readonly #deps: AttemptsDeps;
  readonly #running = new Map<string, Running>();
  readonly #lanes = new Map<string, { readonly used: number; readonly places: number }>();
  readonly #stop = new AbortController();

  constructor(deps: AttemptsDeps) {
    this.#deps = deps;
  }

  /** The lanes in use, by name. */
  get lanes(): ReadonlyMap<string, { readonly used: number; readonly places: number }> {
    return this.#lanes;
  }

  isRunning(key: string): boolean {
    return this.#running.has(key);
  }

  /** Starts it, unless it is already running or finds no place. */
  start(attempt: Attempt): boolean {
    const { key, lane, places, work, placeTime } = attempt;
    const used = this.#lanes.get(lane)?.used ?? 0;
    if (this.#stop.signal.aborted || this.#running.has(key) || used >= places) return false;
    this.#lanes.set(lane, { used: used + 1, places });
    const abort = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, abort.signal]);
    const { clock } = this.#deps;
    const leave = () => {
      this.#leave(lane);
      if (this.#running.has(key)) this.#wake(); // another may begin
    };
    const place = placeFor(leave, placeTime === undefined ? undefined : { clock, placeTime });
    const done = inFlight.run(work, clock, () => this.#run(attempt, signal)).finally(() => {
      this.#running.delete(key);
      place[Symbol.dispose]();
      this.#wake();
    });
    this.#running.set(key, { what: work.what, done, abort });
    return true;
  }

  /** Ends the work if it is running. */
  cancel(key: string, reason: Error): void {
    this.#running.get(key)?.abort.abort(reason);
  }

  /** Waits until those in progress have ended whose work fits. */
  async settled(fits: (what: string) => boolean = () => true): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ what, done }) => fits(what) && done));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("nodepool is stopping"));
    await this.settled();
  }

  async #run({ run, onDefect }: Attempt, signal: AbortSignal): Promise<void> {
    try {
      await run(signal);
    } catch (error) {
      if (signal.aborted) return;
      bulkhead("a listener for defects of attempts", () => onDefect(error));
      const pause = () => this.#deps.clock.sleep(DEFECT_PAUSE, { signal });
      await waitFor("the pause after a defect", pause).catch(() => {});
    }
  }

  #wake(): void {
    bulkhead("a listener for the ends of attempts", this.#deps.wake);
  }

  #leave(lane: string): void {
    const { used, places } = this.#lanes.get(lane)!;
    if (used === 1) this.#lanes.delete(lane);
    else this.#lanes.set(lane, { used: used - 1, places });
  }
}
