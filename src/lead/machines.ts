/** The parts that only a pool on several machines has. `member.ts` makes it; the pool gets it as it begins. */
import type { Etcd } from "../etcd/etcd.ts";
import type { LeaderRecord } from "./leader_record.ts";
import type { Leadership } from "./leadership.ts";
import type { PoolKeys } from "./pool_keys.ts";

export interface Machines {
  readonly etcd: Etcd;
  readonly keys: PoolKeys;
  readonly leadership: Leadership;
  /** The record of this process, as others read it. */
  readonly self: LeaderRecord;
  /** The leader that this process stood behind last; null or left out: there was none, or nobody knows. */
  readonly former?: Pick<LeaderRecord, "id" | "host" | "since"> | null;
  /** Has this process hand over: it ends its work, stops leading, and ends. Left out: it cannot. */
  readonly resign?: () => void;
}
