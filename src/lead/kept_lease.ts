/**
 * A lease in etcd as this process knows it. It lives at least until its time to live has passed since its last renewal
 * was asked for, whenever etcd got to it; nothing is concluded from when an answer came. Leaders and members keep one.
 */
import { askEtcd } from "../etcd/ask_etcd.ts";
import type { Etcd } from "../etcd/etcd.ts";
import type { Call } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import { SECOND } from "../domain/time.ts";

/** How long etcd keeps what a process that has gone silent had. */
const LEASE_TTL = 10 * SECOND;

/** Between two renewals: three may go wrong before the lease ends. */
export const RENEWAL_PERIOD = 2.5 * SECOND;

/** Between two attempts while etcd does not answer. */
export const RETRY_PERIOD = SECOND;

interface LeaseDeps {
  readonly etcd: Etcd;
  readonly clock: Clock;
}

export class KeptLease {
  readonly id: string;
  readonly #deps: LeaseDeps;
  /** By the monotonic clock, and by the one that goes on while a machine sleeps. */
  #livesUntil: { readonly monotonic: number; readonly wall: number };

  /** @throws as `askEtcd` does */
  static async grant(deps: LeaseDeps, { signal }: Call): Promise<KeptLease> {
    const asked = instantOf(deps.clock);
    const { id, ttl } = await askEtcd((call) => deps.etcd.grantLease({ ttl: LEASE_TTL }, call), {
      ...deps,
      signal,
    });
    return new KeptLease(id, { deps, livesUntil: after(asked, ttl) });
  }

  private constructor(id: string, { deps, livesUntil }: { deps: LeaseDeps; livesUntil: Asked }) {
    this.id = id;
    this.#deps = deps;
    this.#livesUntil = livesUntil;
  }

  /** Milliseconds for which it certainly lives on; less than 0: it may have ended so long ago. */
  get left(): number {
    const now = instantOf(this.#deps.clock);
    const { monotonic, wall } = this.#livesUntil;
    return Math.min(monotonic - now.monotonic, wall - now.wall);
  }

  /** Whether it is due to have ended, by the clock that nobody sets. */
  get isOver(): boolean {
    return this.#deps.clock.monotonic() >= this.#livesUntil.monotonic;
  }

  /** @returns whether etcd still had it. @throws as `askEtcd` does */
  async renew({ signal }: Call): Promise<boolean> {
    const { etcd, clock } = this.#deps;
    const asked = instantOf(clock);
    const ttl = await askEtcd((call) => etcd.keepAlive(this.id, call), { clock, signal });
    if (ttl <= 0) return false;
    this.#livesUntil = after(asked, ttl);
    return true;
  }

  /** Ends it at once, with all keys on it; where etcd does not answer it ends by itself. */
  async revoke(): Promise<void> {
    const { etcd, clock } = this.#deps;
    const { signal } = new AbortController();
    await askEtcd((call) => etcd.revokeLease(this.id, call), { clock, signal }).catch(() => {});
  }
}

type Asked = { readonly monotonic: number; readonly wall: number };

function instantOf(clock: Clock): Asked {
  return { monotonic: clock.monotonic(), wall: clock.wall() };
}

function after({ monotonic, wall }: Asked, ttl: number): Asked {
  return { monotonic: monotonic + ttl, wall: wall + ttl };
}
