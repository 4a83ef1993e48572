/**
 * The leader of a busy pool dies, stands still, or loses etcd: a standby leads in time, whoever led does nothing more,
 * and no node is made twice, leaked, lost or given twice. Real processes, real members of etcd.
 */
import assert from "node:assert/strict";
import { type Milliseconds, SECOND } from "../../src/domain/time.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { testNeeding } from "../needs.ts";
import { etcdNeeds } from "./etcd_cluster.ts";
import { BusyPool } from "./busy_pool.ts";
import type { Machine } from "./machine.ts";

/** A lease, and a campaign each second. */
const TAKEOVER = 11 * SECOND;
/** What a machine with much else to do may need besides. */
const LOADED = 10 * SECOND;
/** Exit code of a daemon that led and no longer does. */
const LEADERSHIP_LOST = 75;

/** Has the leader struck while the pool is busy, and waits until the standby leads. @returns how long that took */
async function takeover(busy: BusyPool, strike: (leader: Machine) => unknown): Promise<Milliseconds> {
  const { machines } = busy;
  const leader = await machines.leads(...machines.daemons);
  const standby = machines.standbyOf(leader);
  const struckAt = systemClock.monotonic();
  await strike(leader);
  await machines.leads(standby);
  const time = systemClock.monotonic() - struckAt;
  console.log(`the standby led after ${(time / SECOND).toFixed(1)} s`);
  assert.ok(time < TAKEOVER + LOADED, `the standby led only after ${time} ms`);
  return time;
}

testNeeding(
  etcdNeeds,
  "a standby leads soon after the leader is killed in the middle of everything",
  async () => {
    await using busy = await BusyPool.start({ seed: 1 });
    await busy.whileBusy(async () => {
      await takeover(busy, (leader) => leader.signal("SIGKILL"));
      await systemClock.sleep(2 * SECOND);
    });
    await busy.assertSound();
  },
);

testNeeding(
  etcdNeeds,
  "a leader that stood still does nothing more once it goes on, and stands by",
  async () => {
    await using busy = await BusyPool.start({ seed: 2 });
    const { machines } = busy;
    await busy.whileBusy(async () => {
      const leader = await machines.leads(...machines.daemons);
      await takeover(busy, () => leader.signal("SIGSTOP"));
      const since = systemClock.monotonic();
      leader.signal("SIGCONT");
      await machines.until(() => leader.ends.length > 0);
      assert.equal(leader.ends[0]!.code, LEADERSHIP_LOST);
      assert.deepEqual(leader.clouds.effects({ since }), [], "it has changed the cloud");
      await machines.until(async () => (await machines.members()).some(({ pid }) => pid === leader.pid));
    });
    await busy.assertSound();
  },
);

testNeeding(
  etcdNeeds,
  "a leader that loses etcd does nothing more after eight seconds, and the standby leads",
  async () => {
    await using busy = await BusyPool.start({ seed: 3 });
    const { machines } = busy;
    await busy.whileBusy(async () => {
      const leader = await machines.leads(...machines.daemons);
      const struckAt = systemClock.monotonic();
      await takeover(busy, () => leader.etcd("cut"));
      await machines.until(() => leader.ends.length > 0);
      assert.equal(leader.ends[0]!.code, LEADERSHIP_LOST);
      assert.deepEqual(
        leader.clouds.effects({ since: struckAt + 8 * SECOND }),
        [],
        "it has changed the cloud",
      );
      leader.etcd("heal");
      await machines.until(async () => (await machines.members()).some(({ pid }) => pid === leader.pid));
    });
    await busy.assertSound();
  },
);
