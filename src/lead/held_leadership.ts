/**
 * The leadership of this process, as long as it keeps its lease alive. It is sure until two seconds before the lease may
 * have ended: nobody else can be leading by then, and what was begun at the last moment has gone out. It is lost once etcd
 * says so, or has not answered until the lease was due to end; then the process ends, and starts again as a standby.
 * `campaign` makes it.
 */
import { errorChain } from "../lib/error_chain.ts";
import type { Call } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import { orAborted } from "../lib/or_aborted.ts";
import { SECOND } from "../domain/time.ts";
import { type KeptLease, RENEWAL_PERIOD, RETRY_PERIOD } from "./kept_lease.ts";
import { type Leadership, NotLeadingError } from "./leadership.ts";

/** Of the lease's end, in which nothing begins any more. */
const MARGIN = 2 * SECOND;

interface HeldOptions {
  readonly token: number;
  readonly since: number;
  readonly lease: KeptLease;
  readonly clock: Clock;
}

export class HeldLeadership implements Leadership, AsyncDisposable {
  readonly token: number;
  /** Milliseconds since 1970 by the machine's clock, as its record says. */
  readonly since: number;
  readonly #lease: KeptLease;
  readonly #clock: Clock;
  readonly #lost = Promise.withResolvers<NotLeadingError>();
  #loss: NotLeadingError | null = null;
  #isResigned = false;
  /** Resolves at the next renewal. */
  #renewal = Promise.withResolvers<void>();
  /** Why the last renewal failed, for people; null: it did not. */
  #problem: string | null = null;
  readonly #stop = new AbortController();
  readonly #keeping: Promise<void>;

  constructor({ token, since, lease, clock }: HeldOptions) {
    this.token = token;
    this.since = since;
    this.#lease = lease;
    this.#clock = clock;
    this.#keeping = this.#keep().catch(() => {});
  }

  get isSure(): boolean {
    return !this.isLost && this.#lease.left > MARGIN;
  }

  get isLost(): boolean {
    return this.#loss !== null || this.#isResigned;
  }

  get lost(): Promise<NotLeadingError> {
    return this.#lost.promise;
  }

  async untilSure({ signal }: Call): Promise<void> {
    while (!this.isSure) await orAborted(this.#renewal.promise, signal);
  }

  lose(why: string): void {
    if (this.isLost) return;
    this.#loss = new NotLeadingError(why);
    this.#stop.abort(this.#loss);
    this.#lost.resolve(this.#loss);
  }

  /** Lets the next one lead at once, also where it is lost: only when nothing more is to be done or stored. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isResigned = true;
    this.#stop.abort(null);
    await this.#keeping;
    await this.#lease.revoke();
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stop;
    while (!this.isLost) {
      await this.#clock.sleep(this.#problem === null ? RENEWAL_PERIOD : RETRY_PERIOD, { signal });
      await this.#renew();
    }
  }

  async #renew(): Promise<void> {
    try {
      if (await this.#lease.renew(this.#stop)) return this.#renewed();
      this.lose("etcd has ended its lease, which was not renewed in time");
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#problem = errorChain(error);
      if (this.#lease.isOver) this.lose(`etcd did not renew its lease in time: ${this.#problem}`);
    }
  }

  #renewed(): void {
    this.#problem = null;
    const { resolve } = this.#renewal;
    this.#renewal = Promise.withResolvers();
    resolve();
  }
}
