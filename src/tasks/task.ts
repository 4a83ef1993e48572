/**
 * A piece of the daemon that runs again and again, at its times and whenever somebody wakes it; this code does not
 * know what it runs. It never runs twice at once; a wake during a run causes exactly one more run after it. An error
 * that a run throws is recorded, and passed to `onError` unless the run before threw the same; the next run starts
 * fresh.
 */
import type { TaskReport } from "../domain/pool_report.ts";
import { earliest, type Instant, type Milliseconds, SECOND } from "../domain/time.ts";
import { bulkhead } from "../lib/bulkhead.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import { inFlight } from "../lib/in_flight.ts";

/** The wish of a run: to run again at `again`, if its schedule does not come first. */
export interface TaskResult {
  readonly again?: Instant | null;
}

export interface TaskBasics {
  readonly name: string;
  readonly clock: Clock;
  /** One run; takes no input but the signal, which aborts it when the task is disposed. */
  run(signal: AbortSignal): Promise<TaskResult | void>;
  /** Asked after each run, failed or not: how long the next one waits at least, woken or not; left out: not at all. */
  rest?(): Milliseconds;
  onError(error: unknown): void;
  /** Called after the first run that works again. @param error what the run before it threw */
  onMended?(error: unknown): void;
  /** Called once it is disposed of and nothing of it runs any more. */
  onEnd?(): void;
}

/** When a task runs by itself; null: not before it is woken. */
export interface Schedule {
  /** Of the first run. */
  first(now: Instant): Instant | null;
  /** Of the one after a run that ended now. */
  next(now: Instant): Instant | null;
  /** Of the next run after the machine's clock was set; left out: the schedule does not go by that clock. */
  again?(now: Instant): Instant | null;
}

/** @param period from the end of a run to the start of the next; null: only when woken or when a run asked for it */
export function periodic(period: Milliseconds | null): Schedule {
  return { first: (now) => now, next: (now) => period === null ? null : now + period };
}

/** After a failed run of a task that has no time of its own: soon, but no tight loop. */
const RETRY: Milliseconds = 10 * SECOND;

/** It does not run before `start`. */
export class Task implements AsyncDisposable {
  readonly #basics: TaskBasics;
  readonly #schedule: Schedule;
  readonly #stop = new AbortController();
  #loop: Promise<void> | null = null;
  #woken = false;
  /** When it runs next at the latest; Infinity: not before it is woken. */
  #due = Infinity;
  /** Ends the wait for the next run; null while it does not wait. */
  #endWait: (() => void) | null = null;
  /** The error of the last run; null: it worked. */
  #thrown: unknown = null;
  #report: Omit<TaskReport, "name"> = {
    runs: 0,
    lastStartedAt: null,
    runningSince: null,
    lastSuccessAt: null,
    lastDuration: null,
    lastError: null,
  };

  constructor(basics: TaskBasics, schedule: Schedule) {
    this.#basics = basics;
    this.#schedule = schedule;
  }

  get name(): string {
    return this.#basics.name;
  }

  /** The results of its runs so far. */
  report(): TaskReport {
    return { name: this.name, ...this.#report };
  }

  /** Lets it run; the first run begins at once (a cron task's at its time). Once is enough. */
  start(): void {
    this.#loop ??= this.#runForever();
  }

  /** Lets it run now, or once more when it is running. Before `start` it has no effect of its own. */
  wake(): void {
    if (this.#loop === null) return;
    this.#woken = true;
    this.#endWait?.();
  }

  /** Lets it run at that time, if it would not have run before; what a run in progress says later is no later. */
  wakeBy(at: Instant): void {
    if (at >= this.#due) return;
    this.#due = at;
    this.#endWait?.();
  }

  /** The machine's clock was set: the next run may come sooner or later than it seemed. */
  clockSet(): void {
    // While it runs, what comes after is still to be said.
    if (this.#schedule.again === undefined || this.#due === Infinity) return;
    this.#due = this.#schedule.again(this.#basics.clock.now()) ?? Infinity;
    this.#endWait?.();
  }

  /** Aborts the run and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new DOMException(`the task ${this.name} has been stopped`, "AbortError"));
    this.#endWait?.();
    await this.#loop;
    this.#basics.onEnd?.();
  }

  async #runForever(): Promise<void> {
    this.wakeBy(this.#schedule.first(this.#basics.clock.now()) ?? Infinity);
    while (!this.#stop.signal.aborted) {
      await this.#waitUntilDue();
      if (this.#stop.signal.aborted) return;
      this.#woken = false;
      this.#due = Infinity;
      this.wakeBy(await this.#runOnce() ?? Infinity);
      await this.#rest();
    }
  }

  async #rest(): Promise<void> {
    const time = this.#basics.rest?.() ?? 0;
    if (time > 0) await this.#basics.clock.sleep(time, { signal: this.#stop.signal }).catch(() => {});
  }

  /** Measured from now on the monotonic clock, so that setting the machine's clock back stops nothing. */
  async #waitUntilDue(): Promise<void> {
    const { clock } = this.#basics;
    const offset = clock.monotonic() - clock.now();
    while (!this.#woken && !this.#stop.signal.aborted && clock.monotonic() < this.#due + offset) {
      const wait = new AbortController();
      this.#endWait = () => wait.abort(null);
      await clock.sleep(this.#due + offset - clock.monotonic(), { signal: wait.signal }).catch(() => {});
      this.#endWait = null;
    }
  }

  /** @returns when to run next */
  async #runOnce(): Promise<Instant | null> {
    const { clock, run } = this.#basics;
    const [startedAt, start] = [clock.now(), clock.monotonic()];
    this.#report = {
      ...this.#report,
      runs: this.#report.runs + 1,
      lastStartedAt: startedAt,
      runningSince: startedAt,
    };
    let error: unknown = null;
    const work = { what: "task", about: { name: this.name } };
    const result = await inFlight.run(work, clock, async () => await run(this.#stop.signal)).catch(
      (thrown) => {
        error = thrown ?? new Error("nothing was thrown");
      },
    );
    // What was broken off at the end says nothing of how its runs go.
    if (error !== null && this.#stop.signal.aborted) return null;
    const end = { runningSince: null, lastDuration: clock.monotonic() - start, lastError: null };
    this.#report = { ...this.#report, ...end };
    const next = this.#schedule.next(clock.now());
    if (error !== null) {
      this.#fail(error);
      return next ?? clock.now() + RETRY;
    }
    this.#report = { ...this.#report, lastSuccessAt: clock.now() };
    this.#mend();
    return earliest([next, result?.again ?? null]);
  }

  #mend(): void {
    const error = this.#thrown;
    this.#thrown = null;
    if (error === null) return;
    bulkhead(`a listener for the task ${this.name}`, () => this.#basics.onMended?.(error));
  }

  #fail(error: unknown): void {
    const message = errorChain(error);
    const isNews = this.#thrown === null || errorChain(this.#thrown) !== message;
    this.#thrown = error;
    this.#report = { ...this.#report, lastError: { at: this.#basics.clock.now(), message } };
    if (!isNews) return;
    bulkhead(`a listener for failures of the task ${this.name}`, () => this.#basics.onError(error));
  }
}
