/**
 * The port to etcd, for the state and the leading of a pool. `etcd_gateway.ts` speaks to real members over their
 * JSON gateway; tests have one in memory that delays, loses and repeats. Keys and values are text; a range is all keys
 * from `key` up to, but not including, `end`.
 */
import type { EtcdMemberReport } from "../domain/machines_report.ts";
import type { Call } from "../lib/call.ts";

export interface EtcdEntry {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  /** Its lease's id, as etcd writes it; null: it has none. */
  readonly lease: string | null;
}

export interface RangeRequest {
  readonly key: string;
  /** Left out: that key alone. */
  readonly end?: string;
  /** Entries at most; left out: all that there are. */
  readonly limit?: number;
  /** From the last key to the first. */
  readonly reverse?: boolean;
  /** As it stood then; left out: now. @throws EtcdError `compacted` once etcd has forgotten it */
  readonly revision?: number | undefined;
}

export interface RangeAnswer {
  readonly entries: readonly EtcdEntry[];
  /** The revision that the answer is of. */
  readonly revision: number;
  /** Whether the limit has cut it. */
  readonly more: boolean;
}

/** All must hold; 0 stands for a key that is not there. */
export type Compare =
  | { readonly key: string; readonly createRevision: number }
  | { readonly key: string; readonly value: string };

export type EtcdOperation =
  | { readonly put: string; readonly value: string; readonly lease?: string }
  | { readonly delete: string }
  | { readonly get: string };

export interface Transaction {
  /** A hundred at most. */
  readonly compares: readonly Compare[];
  /** Done together where all compares hold; any number, within the size of a request. */
  readonly then: readonly EtcdOperation[];
  /** Read where one does not. */
  readonly otherwise?: readonly { readonly get: string }[];
}

export interface TransactionAnswer {
  /** Whether all compares held. */
  readonly succeeded: boolean;
  readonly revision: number;
  /** Of the `get`s of what was done, in their order; null: there is no such key. */
  readonly found: readonly (EtcdEntry | null)[];
}

export interface Lease {
  readonly id: string;
  /** Milliseconds; what etcd gave, which may be more than was asked for. */
  readonly ttl: number;
}

/** Each method @throws EtcdError, or the signal's reason. Reads are linearizable: a member without a majority fails. */
export interface Etcd extends AsyncDisposable {
  range(request: RangeRequest, call: Call): Promise<RangeAnswer>;
  transact(transaction: Transaction, call: Call): Promise<TransactionAnswer>;
  grantLease(options: { readonly ttl: number }, call: Call): Promise<Lease>;
  /** @returns the milliseconds that it now has; 0: it has ended */
  keepAlive(lease: string, call: Call): Promise<number>;
  revokeLease(lease: string, call: Call): Promise<void>;
  /** Each member's, whichever answer. */
  status(call: Call): Promise<readonly EtcdMemberReport[]>;
  /** By how many milliseconds etcd's clock was ahead of this machine's when it last answered; null: it has not. */
  readonly clockAhead: number | null;
}

/**
 * `unreachable`: no member could be asked, or it has no majority; `lost`: it was asked and no answer of its came, so that
 * nobody knows whether it was done; `full`: no room, which etcd also says to the transaction that it fills up with, and
 * does; `compacted`: the revision is forgotten; `gone`: the lease has ended; `unauthorized`: user, password or rights;
 * `refused`: anything else that it does not do.
 */
export type EtcdErrorKind =
  | "unreachable"
  | "lost"
  | "full"
  | "compacted"
  | "gone"
  | "unauthorized"
  | "refused";

export class EtcdError extends Error {
  override readonly name = "EtcdError";
  constructor(readonly kind: EtcdErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * Whether what was asked was not done, for certain, and will not be where it is asked again. One that is `full` may have
 * done it, but will not now.
 */
export function isEtcdRefusal(error: unknown): boolean {
  return !(error instanceof EtcdError) || (error.kind !== "lost" && error.kind !== "unreachable");
}
