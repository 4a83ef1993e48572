/** A pool in etcd while etcd does not say who leads: its status says how etcd is, and nothing else can be asked. */
import { describeMember, REVIVE_ETCD, whySilent } from "../domain/describe_etcd.ts";
import type { EtcdMemberReport } from "../domain/machines_report.ts";
import { seeManual } from "../domain/see_manual.ts";
import { machinesFromOutside, unreadReport } from "../domain/unread_report.ts";
import type { Clock } from "../lib/clock.ts";
import { viewStatus } from "../views/status.ts";
import { ControlError } from "./control_error.ts";
import type { AnswerOf } from "./operations.ts";
import type { PoolClient } from "./pool_client.ts";

/** etcd has no majority, or cannot be reached. What was found out about its members instead. */
export class SilentEtcdError extends ControlError {
  /** In short. */
  readonly why: string;

  /** @param members empty: they could not be asked either. `failure`: of the caller's question */
  constructor(pool: string, readonly members: readonly EtcdMemberReport[], failure: string) {
    const why = whySilent(members);
    const problems = members.map(describeMember).filter((text) => text !== "");
    const all = why === null ? failure : [`${why}: ${problems.join("; ")}`, REVIVE_ETCD].join("; ");
    super(503, `cannot find out who leads the pool ${pool}: ${all}; ${seeManual("no-leader")}`);
    this.why = why ?? failure;
  }
}

export interface SilentPoolOptions {
  /** Its name. */
  readonly pool: string;
  readonly clock: Clock;
  /** As a standby of this machine has it; null: no daemon here says. */
  statusHere(): Promise<AnswerOf<"status"> | null>;
}

export function silentPool(
  error: SilentEtcdError,
  { pool, clock, statusHere }: SilentPoolOptions,
): PoolClient {
  const statusFromOutside = (): AnswerOf<"status"> => {
    const now = clock.now();
    const machines = machinesFromOutside({ pool, etcd: error.members, problem: error.why });
    return viewStatus(unreadReport({ now, wallOffset: clock.wall() - now }, machines));
  };
  return {
    hasDaemon: false,
    async ask(name) {
      if (name !== "status") throw error;
      return (await statusHere() ?? statusFromOutside()) as never;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
