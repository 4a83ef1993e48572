/**
 * Who leads a pool, who its members are, and how those of etcd are, for people. What etcd as a whole does not tell is left
 * out of it: its members' own state is of use most then.
 */
import type { EtcdMemberReport, Machine, MemberMachine } from "../domain/machines_report.ts";
import type { Etcd } from "../etcd/etcd.ts";
import type { Call } from "../lib/call.ts";
import type { PoolKeys } from "./pool_keys.ts";
import { listMembers, readLeader } from "./read_records.ts";

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

/** @throws EtcdError where not even the members can be asked, or the signal's reason */
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
