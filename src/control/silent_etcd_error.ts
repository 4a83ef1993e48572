/** etcd does not say who leads: it has no majority, or cannot be reached. What was found out about its members instead. */
import { describeMember, REVIVE_ETCD, whySilent } from "../domain/describe_etcd.ts";
import type { EtcdMemberReport } from "../domain/machines_report.ts";
import { seeManual } from "../domain/see_manual.ts";
import { ControlError } from "./control_error.ts";

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
