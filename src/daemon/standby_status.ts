/** The answer to `status` of a standby that knows no leader: that the standby runs, and how etcd is. */
import type { AnswerOf } from "../control/operations.ts";
import { whySilent } from "../domain/describe_etcd.ts";
import type { Machine } from "../domain/machines_report.ts";
import { machinesFromOutside, unreadReport } from "../domain/unread_report.ts";
import type { Etcd } from "../etcd/etcd.ts";
import type { PoolKeys } from "../lead/pool_keys.ts";
import type { Call } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import { viewStatus } from "../views/status.ts";

interface StandbyStatus extends Call {
  readonly etcd: Etcd;
  readonly keys: PoolKeys;
  readonly clock: Clock;
  readonly self: Machine;
  /** Why it does not lead; null: it is not known. */
  readonly problem: string | null;
}

/** @throws the signal's reason */
export async function standbyStatus(
  { etcd, keys: { pool }, clock, self, problem, signal }: StandbyStatus,
): Promise<AnswerOf<"status">> {
  const members = await etcd.status({ signal });
  const standby = { ...self, role: "standby" } as const;
  const machines = machinesFromOutside({
    pool,
    etcd: members,
    members: [standby],
    problem: whySilent(members) ?? problem,
  });
  const now = clock.now();
  return viewStatus(unreadReport({ now, wallOffset: clock.wall() - now }, machines));
}
