/**
 * What an etcd of one member knows: keys at all their revisions, leases that end by the clock, compaction, a quota. It
 * answers at once and never fails by chance; `scripted_etcd.ts` puts clients and their bad luck before it. Keys are
 * ASCII, so that their order is that of etcd.
 */
import { Buffer } from "node:buffer";
import type { Clock } from "../../src/lib/clock.ts";
import {
  type Compare,
  type EtcdEntry,
  EtcdError,
  type EtcdOperation,
  type Lease,
  type RangeAnswer,
  type RangeRequest,
  type Transaction,
  type TransactionAnswer,
} from "../../src/etcd/etcd.ts";

/** Bytes that a stock etcd takes in a request. */
const REQUEST_LIMIT = 1.5 * 1024 * 1024;

/** `entry` null: from that revision on the key is not there. */
interface Version {
  readonly modRevision: number;
  readonly entry: EtcdEntry | null;
}

export class EtcdInMemory {
  readonly #clock: Pick<Clock, "monotonic">;
  /** Each key's versions, the oldest first. */
  readonly #versions = new Map<string, Version[]>();
  /** All keys that have a version, in their order. */
  readonly #keys: string[] = [];
  readonly #leases = new Map<string, { ttl: number; endsAt: number }>();
  #revision = 1;
  #compacted = 0;
  #lastLease = 7_000;
  /** Whether it refuses to take more. */
  isFull = false;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Forgets what was before a revision; left out: before the present one. */
  compact(revision = this.#revision): void {
    this.#compacted = revision;
    for (const [key, versions] of this.#versions) {
      const last = versions.findLastIndex(({ modRevision }) => modRevision <= revision);
      const kept = versions.slice(Math.max(0, last));
      if (kept.length === 1 && kept[0]!.entry === null) this.#forget(key);
      else this.#versions.set(key, kept);
    }
  }

  range({ key, end, limit = 0, reverse = false, revision: asked }: RangeRequest): RangeAnswer {
    this.#endLeases();
    const revision = asked ?? this.#revision;
    if (revision < this.#compacted) throw new EtcdError("compacted", "the revision has been compacted");
    if (revision > this.#revision) throw new EtcdError("refused", "the revision is yet to come");
    const keys = this.#keysOf(key, end);
    if (reverse) keys.reverse();
    const entries: EtcdEntry[] = [];
    for (const one of keys) {
      const entry = this.#at(one, revision);
      if (entry === null) continue;
      if (limit > 0 && entries.length === limit) return { entries, revision, more: true };
      entries.push(entry);
    }
    return { entries, revision, more: false };
  }

  transact({ compares, then, otherwise = [] }: Transaction): TransactionAnswer {
    this.#endLeases();
    const succeeded = compares.every((compare) => this.#holds(compare));
    const operations = succeeded ? then : otherwise;
    this.#refuseWhatNoEtcdTakes(then);
    const next = this.#revision + 1;
    const found: (EtcdEntry | null)[] = [];
    let isChanged = false;
    for (const operation of operations) {
      if ("get" in operation) found.push(this.#current(operation.get));
      else isChanged = this.#change(operation, next) || isChanged;
    }
    if (isChanged) this.#revision = next;
    return { succeeded, revision: this.#revision, found };
  }

  grantLease({ ttl }: { ttl: number }): Lease {
    this.#endLeases();
    if (this.isFull) throw noRoom();
    const id = String(++this.#lastLease);
    this.#leases.set(id, { ttl, endsAt: this.#clock.monotonic() + ttl });
    return { id, ttl };
  }

  keepAlive(id: string): number {
    this.#endLeases();
    const lease = this.#leases.get(id);
    if (lease === undefined) return 0;
    lease.endsAt = this.#clock.monotonic() + lease.ttl;
    return lease.ttl;
  }

  revokeLease(id: string): void {
    this.#endLeases();
    this.#endLease(id);
  }

  #endLeases(): void {
    for (const [id, { endsAt }] of this.#leases) if (endsAt <= this.#clock.monotonic()) this.#endLease(id);
  }

  #endLease(id: string): void {
    this.#leases.delete(id);
    const next = this.#revision + 1;
    const held = [...this.#versions.keys()].filter((key) => this.#current(key)?.lease === id);
    for (const key of held) this.#change({ delete: key }, next);
    if (held.length > 0) this.#revision = next;
  }

  /** As a stock etcd: it writes no key twice in one transaction. */
  #refuseWhatNoEtcdTakes(operations: readonly EtcdOperation[]): void {
    const written = operations.flatMap((operation) => "put" in operation ? [operation.put] : []);
    if (new Set(written).size < written.length) {
      throw new EtcdError("refused", "duplicate key given in txn request");
    }
    const bytes = operations.reduce((sum, one) => sum + ("put" in one ? Buffer.byteLength(one.value) : 0), 0);
    if (bytes > REQUEST_LIMIT) throw new EtcdError("refused", "request is too large");
    if (this.isFull && written.length > 0) throw noRoom();
    for (const one of operations) {
      const lease = "put" in one ? one.lease : undefined;
      if (lease !== undefined && !this.#leases.has(lease)) {
        throw new EtcdError("gone", "requested lease not found");
      }
    }
  }

  #holds(compare: Compare): boolean {
    const entry = this.#current(compare.key);
    if ("createRevision" in compare) return (entry?.createRevision ?? 0) === compare.createRevision;
    return entry?.value === compare.value;
  }

  /** @returns whether there was something to change */
  #change(operation: Exclude<EtcdOperation, { get: string }>, modRevision: number): boolean {
    if ("put" in operation) {
      const { put: key, value, lease = null } = operation;
      const createRevision = this.#current(key)?.createRevision ?? modRevision;
      this.#add(key, { modRevision, entry: { key, value, createRevision, lease } });
      return true;
    }
    const isThere = this.#current(operation.delete) !== null;
    if (isThere) this.#add(operation.delete, { modRevision, entry: null });
    return isThere;
  }

  #add(key: string, version: Version): void {
    const versions = this.#versions.get(key);
    if (versions !== undefined) {
      versions.push(version);
      return;
    }
    this.#versions.set(key, [version]);
    this.#keys.splice(this.#indexOf(key), 0, key);
  }

  #forget(key: string): void {
    this.#versions.delete(key);
    this.#keys.splice(this.#indexOf(key), 1);
  }

  #current(key: string): EtcdEntry | null {
    return this.#versions.get(key)?.at(-1)?.entry ?? null;
  }

  #at(key: string, revision: number): EtcdEntry | null {
    return this.#versions.get(key)?.findLast(({ modRevision }) => modRevision <= revision)?.entry ?? null;
  }

  #keysOf(key: string, end: string | undefined): string[] {
    if (end === undefined) return this.#versions.has(key) ? [key] : [];
    return this.#keys.slice(this.#indexOf(key), this.#indexOf(end));
  }

  /** Where a key stands, or would. */
  #indexOf(key: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export function noRoom(): EtcdError {
  return new EtcdError("full", "its database is full; make room, then disarm its alarm");
}
