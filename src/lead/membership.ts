/**
 * The record of a standby or a builder in etcd: there as long as its process lives, and gone ten seconds after. A process
 * that etcd has forgotten, since they could not reach each other, writes it again.
 */
import { askEtcd } from "../etcd/ask_etcd.ts";
import { type Etcd, EtcdError } from "../etcd/etcd.ts";
import type { Call } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import type { MemberRecord } from "./leader_record.ts";
import { KeptLease, RENEWAL_PERIOD, RETRY_PERIOD } from "./kept_lease.ts";
import type { PoolKeys } from "./pool_keys.ts";

interface MembershipOptions {
  readonly keys: PoolKeys;
  readonly record: MemberRecord;
  /** Its `config`, which may change; does not throw. Left out: it has none. */
  readonly config?: () => Promise<MemberRecord["config"]>;
  readonly clock: Clock;
  /** Gets, for people, that etcd refuses the record for lack of rights; with null, that it no longer does. */
  readonly onRefusal?: (problem: string | null) => void;
}

/** Begins at once, whether etcd answers or not; ends when it is disposed of. */
export class Membership implements AsyncDisposable {
  readonly #etcd: Etcd;
  readonly #options: MembershipOptions;
  readonly #stop = new AbortController();
  readonly #keeping: Promise<void>;
  /** null: etcd has none of this process, as far as it knows. */
  #lease: KeptLease | null = null;
  /** As it stands there. */
  #record = "";
  #refusal: string | null = null;

  constructor(etcd: Etcd, options: MembershipOptions) {
    this.#etcd = etcd;
    this.#options = options;
    this.#keeping = this.#keep().catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(null);
    await this.#keeping;
    await this.#lease?.revoke();
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const error = await this.#renew().catch((error) => error);
      if (signal.aborted) return;
      this.#note(error);
      await this.#options.clock.sleep(error === null ? RENEWAL_PERIOD : RETRY_PERIOD, { signal });
    }
  }

  /** @returns null, for a renewal that went well */
  async #renew(): Promise<null> {
    const { record, config } = this.#options;
    const text = JSON.stringify({ ...record, config: await config?.() });
    const isKept = this.#lease !== null && await this.#lease.renew(this.#stop);
    if (!isKept || text !== this.#record) await this.#register(text, { isKept, signal: this.#stop.signal });
    return null;
  }

  async #register(text: string, { isKept, signal }: Call & { isKept: boolean }): Promise<void> {
    const { keys, record, clock } = this.#options;
    if (!isKept) this.#lease = await KeptLease.grant({ etcd: this.#etcd, clock }, { signal });
    const put = { put: `${keys.members}${record.id}`, value: text, lease: this.#lease!.id };
    try {
      await askEtcd((call) => this.#etcd.transact({ compares: [], then: [put] }, call), { clock, signal });
      this.#record = text;
    } catch (error) {
      // Whether its record is there nobody knows: the next attempt puts it on another lease.
      await this.#lease!.revoke();
      this.#lease = null;
      throw error;
    }
  }

  #note(error: unknown): void {
    const isRefused = error instanceof EtcdError && error.kind === "unauthorized";
    const refusal = isRefused ? errorChain(error) : null;
    if (refusal !== this.#refusal) this.#options.onRefusal?.(refusal);
    this.#refusal = refusal;
  }
}
