/**
 * Transactions on a state in etcd, each fenced: it compares the leader's token, and `commits`, the key that each replaces
 * with `{count, token, nonce}`. So nothing of a former leader is written, and nothing twice.
 *
 * An answer may get lost, and nobody knows then whether etcd has done the transaction, or is going to. The same one is
 * sent again, until etcd has said what became of it: where `commits` has its nonce, it was done; where that is as it
 * was, it is done now. Until then it does not settle, and the writer writes nothing else. A process that loses the
 * leadership meanwhile stops for good, and one whose lease alone is still answered gives it up. The writer calls them.
 */
import { Buffer } from "node:buffer";
import * as v from "valibot";
import {
  type Compare,
  type Etcd,
  type EtcdEntry,
  EtcdError,
  type EtcdOperation,
  isEtcdRefusal,
  type TransactionAnswer,
} from "../../etcd/etcd.ts";
import type { Leadership } from "../../lead/leadership.ts";
import { leaderName } from "../../lead/leader_record.ts";
import type { PoolKeys } from "../../lead/pool_keys.ts";
import type { Call } from "../../lib/call.ts";
import { MINUTE, SECOND } from "../../domain/time.ts";
import type { Clock } from "../../lib/clock.ts";
import { errorChain } from "../../lib/error_chain.ts";
import type { Random } from "../../lib/random.ts";
import { keys as stateKeys } from "../keys.ts";
import type { Transactions, Written } from "../kv_writer.ts";
import { stateFailure, stoppedState } from "../state_errors.ts";
import { StoreError } from "../store.ts";
import { encodeKey, encodeValue } from "../state_text.ts";

/** How long it waits until it sends a transaction again that got no answer (milliseconds). */
const PAUSE = 250;

/** How long it waits for an answer (milliseconds): elections of etcd, and restarts of its members, take less. */
const PATIENCE = MINUTE;

const commitsSchema = v.object({ count: v.number(), token: v.number(), nonce: v.string() });

export interface EtcdTransactionsOptions extends Call {
  /** Where the state lies, for messages. */
  readonly address: string;
  readonly keys: PoolKeys;
  /** null: it writes only while nobody leads. */
  readonly leadership: Leadership | null;
  readonly clock: Pick<Clock, "sleep" | "monotonic">;
  readonly random: Pick<Random, "uuid">;
  /** The count that a state begins with which has none; 0 by default. */
  readonly commits?: number;
}

export class EtcdTransactions implements Transactions {
  /** @throws EtcdError, StoreError `damaged` */
  static async open(etcd: Etcd, options: EtcdTransactionsOptions): Promise<EtcdTransactions> {
    const key = options.keys.state + encodeKey(stateKeys.commits);
    const { entries: [entry] } = await etcd.range({ key }, options);
    const transactions = new EtcdTransactions(etcd, { ...options, key, last: entry?.value ?? null });
    // Whatever a former leader has sent that has not arrived is refused from now on.
    if (options.leadership !== null) await transactions.transact([]);
    return transactions;
  }

  /**
   * A stock etcd takes 1.5 MiB, of the bytes that it stores; a value in the journal is JSON of JSON. Those that it takes
   * nested in one another are more than fit.
   */
  readonly limits = {
    mutations: 10_000,
    bytes: 1024 * 1024,
    sizeOf: (text: string) => Buffer.byteLength(text),
  };
  readonly #etcd: Etcd;
  readonly #options: EtcdTransactionsOptions & { readonly key: string };
  /** As the key `commits` has it; null: nobody has written it. */
  #last: string | null;

  private constructor(
    etcd: Etcd,
    { last, ...options }: EtcdTransactionsOptions & { key: string; last: string | null },
  ) {
    this.#etcd = etcd;
    this.#options = options;
    this.#last = last;
  }

  get commits(): number {
    return this.#last === null ? this.#options.commits ?? 0 : parseCommits(this.#last).count;
  }

  async transact(mutations: readonly Written[]): Promise<void> {
    const { key, leadership, random } = this.#options;
    const token = leadership?.token ?? 0;
    const next = JSON.stringify({ count: this.commits + 1, token, nonce: random.uuid() });
    const then = [{ put: key, value: next }, ...this.#operations(mutations)];
    const { succeeded, found: [last, leader] } = await this.#send({ then, token, next });
    if (!succeeded && last?.value !== next) throw this.#refused(leader ?? null);
    this.#last = next;
  }

  #operations(mutations: readonly Written[]): EtcdOperation[] {
    const { state } = this.#options.keys;
    // Etcd writes no key twice in a transaction.
    const byKey = new Map(mutations.map(({ key, value }) => [state + encodeKey(key), value]));
    return [...byKey].map(([key, value]) =>
      value === null ? { delete: key } : { put: key, value: encodeValue(value) }
    );
  }

  /** Until etcd has said whether it was done. @throws StoreError where it was not, or nobody will know */
  async #send(
    { then, token, next }: { then: readonly EtcdOperation[]; token: number; next: string },
  ): Promise<Pick<TransactionAnswer, "succeeded" | "found">> {
    const { key, keys: { leader }, clock, leadership, signal } = this.#options;
    const startedAt = clock.monotonic();
    const compares: Compare[] = [
      { key: leader, createRevision: token },
      this.#last === null ? { key, createRevision: 0 } : { key, value: this.#last },
    ];
    const otherwise = [{ get: key }, { get: leader }];
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#etcd.transact({ compares, then, otherwise }, { signal });
      } catch (error) {
        // The attempt before may have been done, and so may the one that etcd became full with.
        const mayBeDone = attempt > 1 || (error instanceof EtcdError && error.kind === "full");
        const isDone = isEtcdRefusal(error) ? mayBeDone && await this.#isDone(next) : null;
        if (isDone === true) return { succeeded: true, found: [] };
        if (isDone === false) throw this.#failure(error);
        if (clock.monotonic() - startedAt > PATIENCE) {
          if (leadership === null) throw this.#failure(error);
          leadership.lose(
            `etcd has given no answer to a write for ${PATIENCE / SECOND} s: ${errorChain(error)}`,
          );
        }
      }
      await clock.sleep(PAUSE, { signal }).catch((reason) => {
        throw this.#failure(reason);
      });
    }
  }

  /** null: etcd does not say. */
  async #isDone(next: string): Promise<boolean | null> {
    const { key, signal } = this.#options;
    const found = await this.#etcd.range({ key }, { signal }).catch(() => null);
    return found && found.entries[0]?.value === next;
  }

  #failure(error: unknown): StoreError {
    return stateFailure(this.#options.address, "it cannot be written", error);
  }

  #refused(leader: EtcdEntry | null): StoreError {
    const { address, leadership } = this.#options;
    const who = leader === null ? "nobody" : leaderName(leader.value);
    if (leadership === null) {
      const what = leader === null ? "another process has written to it" : `${who} leads its pool`;
      return new StoreError("locked", `the state ${address} is in use: ${what}`);
    }
    const what = leader?.createRevision === leadership.token
      ? "what it wrote last is not there: somebody else has written to it, or etcd was restored from a snapshot"
      : `this process no longer leads its pool, ${who} does`;
    leadership.lose(what);
    return stoppedState(address, what);
  }
}

/** The key `commits`: how many there have been, and the token of the leader that made the last. */
export function parseCommits(value: string): v.InferOutput<typeof commitsSchema> {
  return v.parse(commitsSchema, JSON.parse(value));
}
