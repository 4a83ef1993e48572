/**
 * The looks at one cloud, separated from each other: one that fails is retried later, at growing intervals; one that
 * hangs goes on alone; neither keeps another from being taken. `ProviderWatch` has one for its provider.
 */
import { CloudError, pauseAfter } from "../domain/cloud_error.ts";
import type { Failure, LookName, StaleLook } from "../domain/observation.ts";
import { durationText, type Instant, type Milliseconds, MINUTE, SECOND } from "../domain/time.ts";
import { backoff } from "../domain/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";

const LONGEST_PAUSE = MINUTE;
/** A look without an answer for this long counts as one that may never have any. */
export const SLOW: Milliseconds = 10 * SECOND;

interface Trouble extends Failure {
  /** Failures in a row. */
  readonly count: number;
  readonly retryAt: Instant;
}

interface Running {
  readonly since: Instant;
  readonly end: Promise<void>;
}

export class Looks {
  readonly #clock: Clock;
  readonly #troubles = new Map<LookName, Trouble>();
  readonly #running = new Map<LookName, Running>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Those that failed the last time. */
  get troubles(): ReadonlyMap<LookName, Failure> {
    return this.#troubles;
  }

  /** When a look that is due then can be taken. */
  notBefore(look: LookName, due: Instant): Instant {
    return this.#running.has(look) ? Infinity : Math.max(due, this.#troubles.get(look)?.retryAt ?? 0);
  }

  /** Begins the look, if it is due and can be taken. */
  begin(
    look: LookName,
    { due, ask, signal }: { due: Instant; ask: () => Promise<void>; signal: AbortSignal },
  ): void {
    const since = this.#clock.now();
    if (this.notBefore(look, due) > since) return;
    this.#running.set(look, { since, end: this.#take(look, { ask, since, signal }) });
  }

  /** The end of the first that ends of those that are running; null: none is. */
  get nextEnd(): Promise<void> | null {
    return this.#running.size === 0 ? null : Promise.race([...this.#running.values()].map(({ end }) => end));
  }

  /** Why the look does not show what is there now; null: it does. */
  staleness(look: LookName): Omit<StaleLook, "look" | "takenAt"> | null {
    const trouble = this.#troubles.get(look);
    const running = this.#running.get(look);
    if (trouble !== undefined) {
      const { message, since } = trouble;
      return { message, since, retryAt: running === undefined ? trouble.retryAt : null };
    }
    if (running === undefined || this.#clock.now() - running.since < SLOW) return null;
    return { message: `no response within ${durationText(SLOW)}`, since: running.since, retryAt: null };
  }

  async #take(
    look: LookName,
    { ask, since, signal }: { ask: () => Promise<void>; since: Instant; signal: AbortSignal },
  ): Promise<void> {
    try {
      await ask();
      this.#troubles.delete(look);
    } catch (error) {
      if (!signal.aborted) this.#note(look, error, since);
    } finally {
      this.#running.delete(look);
    }
  }

  #note(look: LookName, error: unknown, askedAt: Instant): void {
    const before = this.#troubles.get(look);
    const count = (before?.count ?? 0) + 1;
    const pause = pauseAfter(error, backoff({ failures: count, base: SECOND, max: LONGEST_PAUSE }));
    const retryAt = this.#clock.now() + pause;
    const since = before?.since ?? askedAt;
    const cause = causeOf(error);
    this.#troubles.set(look, {
      message: errorChain(error),
      kind: cause?.kind,
      ...(cause?.status === 401 && { isUnauthenticated: true }),
      since,
      count,
      retryAt,
    });
  }
}

/** The cloud's answer may be the cause of what a look failed with. */
function causeOf(error: unknown): CloudError | undefined {
  let cause = error;
  while (cause instanceof Error && !(cause instanceof CloudError)) cause = cause.cause;
  return cause instanceof CloudError ? cause : undefined;
}
