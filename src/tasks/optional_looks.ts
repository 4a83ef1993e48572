/**
 * Looks at what only some things need: one that a service refuses is tried again later, ever more seldom, and stops
 * nothing else. `ProviderWatch` has one for its provider.
 */
import { isRefusal } from "../cloud/is_refusal.ts";
import { pauseAfter } from "../cloud/pause_after.ts";
import type { Failure, OptionalLook } from "../domain/observation.ts";
import { type Instant, MINUTE, SECOND } from "../domain/time.ts";
import { backoff } from "../domain/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";

const LONGEST_PAUSE = MINUTE;

interface Trouble extends Failure {
  /** Refusals in a row. */
  readonly count: number;
  readonly retryAt: Instant;
}

export class OptionalLooks {
  readonly #clock: Clock;
  readonly #troubles = new Map<OptionalLook, Trouble>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Those that were refused the last time. */
  get troubles(): ReadonlyMap<OptionalLook, Failure> {
    return this.#troubles;
  }

  /** When a look that is due then can be taken. */
  notBefore(look: OptionalLook, due: Instant): Instant {
    return Math.max(due, this.#troubles.get(look)?.retryAt ?? 0);
  }

  /** Takes the look, unless it was refused shortly before. @throws what is no refusal */
  async take(look: OptionalLook, ask: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    if (this.notBefore(look, now) > now) return;
    try {
      await ask();
      this.#troubles.delete(look);
    } catch (error) {
      signal.throwIfAborted();
      if (!isRefusal(error)) throw error;
      this.#note(look, error, now);
    }
  }

  #note(look: OptionalLook, error: Error, askedAt: Instant): void {
    const before = this.#troubles.get(look);
    const count = (before?.count ?? 0) + 1;
    const pause = pauseAfter(error, backoff({ failures: count, base: SECOND, max: LONGEST_PAUSE }));
    const retryAt = this.#clock.now() + pause;
    this.#troubles.set(look, { message: errorChain(error), since: before?.since ?? askedAt, count, retryAt });
  }
}
