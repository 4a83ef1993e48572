/**
 * A pool whose state is in etcd, as commands of any machine see it: the daemon that leads it, found by its record, or,
 * where nobody leads, the state itself, which can be looked at. Nothing is written but by a leader. Commands open one
 * where no daemon of their own machine answers.
 */
import { askEtcd } from "../etcd/ask_etcd.ts";
import { type Etcd, EtcdError } from "../etcd/etcd.ts";
import type { PoolKeys } from "../lead/pool_keys.ts";
import { type FoundLeader, listMembers, readLeader } from "../lead/read_records.ts";
import type { Call } from "../lib/call.ts";
import { type Clock, sleptThrough } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import { SECOND } from "../domain/time.ts";
import { ControlError, isAway, NoAnswerError } from "./control_error.ts";
import { RemotePool } from "./control_client.ts";
import { openLeaderWire } from "./leader_wire.ts";
import { lookedAtPool } from "./looked_at_pool.ts";
import type { PoolClient } from "./pool_client.ts";
import type { EtcdMemberReport } from "../domain/machines_report.ts";
import { SilentEtcdError, silentPool, type SilentPoolOptions } from "./silent_pool.ts";

interface PoolInEtcdDeps {
  readonly etcd: Etcd;
  readonly keys: PoolKeys;
  /** Its name. */
  readonly pool: string;
  readonly clock: Clock;
  /** The command that starts a daemon, for people. */
  readonly start: string;
  /** The state as it is now, to be looked at. */
  openState(call: Call): Promise<PoolClient>;
  /** Gets, for people, what is done instead of asking a leader, and what is waited for. */
  tell(text: string): void;
}

/** The pool of a daemon, and where that is, for people. */
export interface PlacedPool {
  readonly pool: PoolClient;
  readonly place: string;
}

/** Until a standby leads: the time of a lease, and the time it takes to load a large state. */
const TAKEOVER_TIME = 20 * SECOND;

/** For who leads to be found: time to find a member that answers, and to log in there. */
const ASK_TIMEOUT = 6 * SECOND;

/** Between two looks for a leader. */
const LOOK = SECOND / 2;

/** Each @throws ControlError 503 where etcd does not tell, and EtcdError where it refuses. */
export class PoolInEtcd implements AsyncDisposable {
  readonly #deps: PoolInEtcdDeps;

  constructor(deps: PoolInEtcdDeps) {
    this.#deps = deps;
  }

  /** null: nobody leads, or who leads does not answer. */
  async findLeader(call: Call): Promise<PlacedPool | null> {
    const leader = await this.#readLeader(call);
    const found = leader && await this.#reach(leader, call);
    return found !== null && "pool" in found ? found : null;
  }

  /** Waits for a standby to take over. @throws ControlError 503 where none is there, or none does */
  async awaitLeader(call: Call): Promise<PlacedPool> {
    const { clock, tell, pool } = this.#deps;
    const deadline = clock.monotonic() + TAKEOVER_TIME;
    for (let isTold = false;; isTold = true) {
      const leader = await this.#readLeader(call);
      const found = leader && await this.#reach(leader, call);
      if (found !== null && "pool" in found) return found;
      const why = found?.away ?? await this.#whyNobody(call);
      if (clock.monotonic() >= deadline) throw new ControlError(503, `cannot reach the pool ${pool}: ${why}`);
      if (!isTold) tell(`${why}; waiting for another daemon to take over`);
      await clock.sleep(LOOK, call);
    }
  }

  /** Its state, while nobody leads it; the first who wants more than to look waits for a leader. @throws StoreError */
  async openState(call: Call): Promise<PoolClient> {
    const { openState, pool, tell } = this.#deps;
    return lookedAtPool(await openState(call), {
      findWhole: async (call) => (await this.awaitLeader(call)).pool,
      onLook: () => tell(`no daemon leads the pool ${pool}; this is its state in etcd`),
    });
  }

  /** While etcd does not answer, as the error says. @param options as those of `silentPool` */
  openSilent(error: SilentEtcdError, options: Pick<SilentPoolOptions, "statusHere">): PoolClient {
    return silentPool(error, { ...this.#deps, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#deps.etcd[Symbol.asyncDispose]();
  }

  /** `away`: why it cannot be asked. */
  async #reach(leader: FoundLeader, call: Call): Promise<PlacedPool | { readonly away: string }> {
    const { host, control: { url } } = leader.record;
    const pool = ledPool(leader, this.#deps);
    try {
      await pool.greet(call);
      return { pool, place: `the daemon on ${host} (${url})` };
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      if (!isAway(error)) throw error;
      const why = error instanceof NoAnswerError ? errorChain(error.cause) : errorChain(error);
      return {
        away:
          `the daemon on ${host}, which leads the pool ${this.#deps.pool}, does not answer at ${url}: ${why}`,
      };
    }
  }

  /** @throws ControlError 503 where nobody is going to */
  async #whyNobody(call: Call): Promise<string> {
    const { pool, start } = this.#deps;
    const standbys = await this.#standbys(call);
    if (standbys.length > 0) {
      return `no daemon leads the pool ${pool}, but one stands by on ${standbys.join(" and on ")}`;
    }
    throw new ControlError(
      503,
      `no daemon leads the pool ${pool}, and none stands by: start one with \`${start}\` on a machine of the pool`,
    );
  }

  /** Empty: not even they can be asked. */
  async #lookAtMembers({ signal }: Call): Promise<readonly EtcdMemberReport[]> {
    const { etcd, clock } = this.#deps;
    try {
      return await askEtcd((call) => etcd.status(call), { clock, signal, timeout: ASK_TIMEOUT });
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      return [];
    }
  }

  #readLeader(call: Call): Promise<FoundLeader | null> {
    const { etcd, keys } = this.#deps;
    return this.#ask((call) => readLeader(etcd, keys, call), call);
  }

  async #standbys(call: Call): Promise<readonly string[]> {
    const { etcd, keys } = this.#deps;
    const members = await this.#ask((call) => listMembers(etcd, keys, call), call);
    return members.filter(({ role }) => role === "standby").map(({ host }) => host);
  }

  async #ask<Answer>(ask: (call: Call) => Promise<Answer>, { signal }: Call): Promise<Answer> {
    const { clock, pool } = this.#deps;
    try {
      return await askEtcd(ask, { clock, signal, timeout: ASK_TIMEOUT });
    } catch (error) {
      const isSilent = error instanceof EtcdError && (error.kind === "unreachable" || error.kind === "lost");
      if (!isSilent) throw error;
      const members = await this.#lookAtMembers({ signal });
      throw new SilentEtcdError(pool, members, error.message);
    }
  }
}

/** Between two looks whether it still leads. */
const WATCH = 2 * SECOND;

/**
 * The pool of the daemon that leads. It is watched for as long as it is open: a machine that has lost its network says no
 * goodbye, so that once another leads, questions end without an answer.
 */
function ledPool({ record, token }: FoundLeader, deps: PoolInEtcdDeps): RemotePool {
  const over = new AbortController();
  const stop = new AbortController();
  const wire = openLeaderWire(record, { until: over.signal });
  const watching = watch(token, { ...deps, over, stop: stop.signal });
  return new RemotePool({
    place: wire.place,
    send: (call, options) => wire.send(call, options),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await watching;
      await wire[Symbol.asyncDispose]();
    },
  }, deps);
}

async function watch(
  token: number,
  { etcd, keys, clock, over, stop }: PoolInEtcdDeps & { over: AbortController; stop: AbortSignal },
): Promise<void> {
  while (await sleptThrough(clock, WATCH, { signal: stop })) {
    const leader = await askEtcd((call) => readLeader(etcd, keys, call), { clock, signal: stop })
      .catch(() => undefined);
    if (leader === undefined || leader?.token === token) continue;
    return over.abort(new Error("it no longer leads the pool"));
  }
}
