/** Who leads a pool and who its members are, as their records in etcd say. Standbys, builders, commands and views read it. */
import { type Etcd, EtcdError } from "../etcd/etcd.ts";
import type { Call } from "../lib/call.ts";
import { type LeaderRecord, type MemberRecord, parseLeader, parseMember } from "./leader_record.ts";
import { keysBelow, type PoolKeys } from "./pool_keys.ts";

export interface FoundLeader {
  readonly record: LeaderRecord;
  /** The create revision of its key: another leader has another. */
  readonly token: number;
}

/** null: nobody leads. @throws EtcdError; of kind `refused` where the record cannot be read */
export async function readLeader(etcd: Etcd, keys: PoolKeys, call: Call): Promise<FoundLeader | null> {
  const { entries: [entry] } = await etcd.range({ key: keys.leader }, call);
  if (entry === undefined) return null;
  const record = parseLeader(entry.value);
  if (record === null) throw new EtcdError("refused", `etcd's key ${keys.leader} does not say who leads`);
  return { record, token: entry.createRevision };
}

/** In the order of their ids; without those whose records this version cannot read. @throws EtcdError */
export async function listMembers(etcd: Etcd, keys: PoolKeys, call: Call): Promise<readonly MemberRecord[]> {
  const { entries } = await etcd.range(keysBelow(keys.members), call);
  return entries.flatMap(({ value }) => parseMember(value) ?? []);
}
