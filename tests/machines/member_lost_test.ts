/** A standby or a builder of a pool is cut off: its membership ends, and what it had to do is done elsewhere. */
import assert from "node:assert/strict";
import { testNeeding } from "../needs.ts";
import { etcdNeeds } from "./etcd_cluster.ts";
import { BusyPool } from "./busy_pool.ts";

testNeeding(
  etcdNeeds,
  "a standby that is cut off is no member any more, and is one again when it is back",
  async () => {
    await using busy = await BusyPool.start({ seed: 9 });
    const { machines } = busy;
    const standby = machines.standbyOf(await machines.leads(...machines.daemons));
    const isMember = async () => (await machines.members()).some(({ pid }) => pid === standby.pid);
    await machines.until(isMember);
    await busy.whileBusy(async () => {
      standby.etcd("cut");
      await machines.until(async () => !await isMember());
      standby.etcd("heal");
      await machines.until(isMember);
    });
    assert.deepEqual(standby.ends, [], "the standby was started again");
    await busy.assertSound();
  },
);
