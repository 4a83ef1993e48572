/**
 * Attempts under way: each piece of work at most once, so many of a kind at a time. What finds no place is dropped: the
 * next plan asks for it again, so that nothing waits in a queue that only a process knows. The executors start them
 * and are woken by each end.
 */
import { SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";

export interface AttemptsMeans {
  readonly clock: Clock;
  /** Called after each attempt. */
  readonly wake: () => void;
}

export interface Attempt {
  /** Names the piece of work: the same is never under way twice. */
  readonly key: string;
  /** What shares its places. */
  readonly lane: string;
  /** How many places the lane has at this moment. */
  readonly places: number;
  /** Does it and stores what it came to; the signal's abort ends it. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** It broke in a way nobody foresaw. */
  readonly onDefect: (error: unknown) => void;
}

/** What could not even be stored (a full disk) keeps its place so long, or it would be tried in a tight loop. */
const DEFECT_PAUSE = 5 * SECOND;

export class Attempts implements AsyncDisposable {
  readonly #means: AttemptsMeans;
  readonly #running = new Map<string, { readonly done: Promise<void>; readonly abort: AbortController }>();
  readonly #used = new Map<string, number>();
  readonly #stop = new AbortController();

  constructor(means: AttemptsMeans) {
    this.#means = means;
  }

  /** How many are under way. */
  get count(): number {
    return this.#running.size;
  }

  isRunning(key: string): boolean {
    return this.#running.has(key);
  }

  /** Starts it, unless it is under way already or finds no place. */
  start(attempt: Attempt): boolean {
    const { key, lane, places } = attempt;
    const used = this.#used.get(lane) ?? 0;
    if (this.#stop.signal.aborted || this.#running.has(key) || used >= places) return false;
    this.#used.set(lane, used + 1);
    const abort = new AbortController();
    const done = this.#run(attempt, AbortSignal.any([this.#stop.signal, abort.signal])).finally(() => {
      this.#used.set(lane, (this.#used.get(lane) ?? 1) - 1);
      this.#running.delete(key);
      this.#means.wake();
    });
    this.#running.set(key, { done, abort });
    return true;
  }

  /** Ends the work, where it is under way. */
  cancel(key: string, reason: Error): void {
    this.#running.get(key)?.abort.abort(reason);
  }

  /** Waits until those under way whose key fits have ended. */
  async settled(fits: (key: string) => boolean = () => true): Promise<void> {
    const fitting = [...this.#running].filter(([key]) => fits(key));
    await Promise.all(fitting.map(([, { done }]) => done));
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
      onDefect(error);
      await this.#means.clock.sleep(DEFECT_PAUSE, { signal }).catch(() => {});
    }
  }
}
