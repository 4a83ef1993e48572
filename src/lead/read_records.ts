/** Who leads a pool and who its members are, as their records in etcd say. Standbys, builders, commands and views read it. */
import type { EtcdMemberReport, Machine, MemberMachine } from "../domain/machines_report.ts";
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

interface Look {
  readonly etcd: readonly EtcdMemberReport[];
  /** null: etcd did not tell in time, or refused: `error`. */
  readonly pool: {
    /** null: nobody. */
    readonly leader: Machine | null;
    readonly members: readonly MemberMachine[];
  } | null;
  readonly error: unknown;
}

/**
 * Who leads, who the members are, and how those of etcd are, for people. What etcd as a whole does not tell is left out: its
 * members' own state is of use most then.
 * @throws EtcdError where not even the members can be asked, or the signal's reason
 */
export async function lookAtMachines(etcd: Etcd, keys: PoolKeys, call: Call): Promise<Look> {
  const status = await etcd.status(call);
  try {
    const found = await readLeader(etcd, keys, call);
    const members = await listMembers(etcd, keys, call);
    const pool = {
      leader: found === null ? null : shown(found.record),
      members: members.map((member) => ({ ...shown(member), role: member.role, config: member.config })),
    };
    return { etcd: status, pool, error: null };
  } catch (error) {
    return { etcd: status, pool: null, error };
  }
}

/** Without the token that its record holds. */
function shown({ id, host, pid, version, since }: Machine): Machine {
  return { id, host, pid, version, since };
}
