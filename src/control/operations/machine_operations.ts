/** The operations on the daemons of a pool on several machines: which one leads, and that it hands over. */
import * as v from "valibot";
import { listMembers } from "../../lead/read_records.ts";
import type { Machines } from "../../lead/machines.ts";
import { number, rows, string } from "../../views/view_schema.ts";
import { ControlError } from "../control_error.ts";
import type { DaemonParts } from "../operated_pool.ts";
import { operation } from "../operation.ts";

export const machineOperations = {
  /** Who answers: the daemon that leads. */
  "leader": operation({
    route: "GET /leader",
    needs: "daemon",
    request: v.strictObject({}),
    answer: v.object({ id: string, host: string, pid: number, version: string, since: number }),
    run({ daemon }) {
      const { id, host, pid, version, since } = machinesOf(daemon).self;
      return { id, host, pid, version, since };
    },
  }),
  /** Has it end, so that a standby leads at once. */
  "resign": operation({
    route: "POST /resign",
    needs: "daemon",
    /** `id`: of the daemon that is meant; another stays. `force`: also where no standby is there. */
    request: v.strictObject({ id: string, force: v.boolean() }),
    answer: v.object({ standbys: rows(string) }),
    async run({ daemon }, { id, force }, { signal }) {
      const { etcd, keys, self, resign } = machinesOf(daemon);
      // A caller that did not get the former leader's answer asks again, and then asks the one that took over.
      if (id !== self.id) return { standbys: [self.host] };
      const members = await listMembers(etcd, keys, { signal });
      const standbys = members.filter(({ role }) => role === "standby").map((standby) => standby.host);
      if (standbys.length === 0 && !force) {
        throw new ControlError(
          409,
          `no standby can take over from ${self.host}: start one, or let the pool stand still with --force`,
        );
      }
      resign?.();
      return { standbys };
    },
  }),
};

function machinesOf({ machines }: DaemonParts): Machines {
  if (machines !== null) return machines;
  throw new ControlError(
    409,
    "the state of this pool is a file, and no other machine can take over (`nodepool manual several-machines`)",
  );
}
