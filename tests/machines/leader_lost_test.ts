/**
 * The leader of a busy pool dies, stands still, or loses etcd: a standby leads in time, whoever led does nothing more;
 * and the standby is cut off. No node is made twice, leaked, lost or given twice. Real processes, real members of etcd.
 */
import assert from "node:assert/strict";
import { SECOND } from "../../src/domain/time.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { testNeeding } from "../needs.ts";
import { BusyPool } from "./busy_pool.ts";
import { etcdNeeds } from "./etcd_cluster.ts";
import type { Machine } from "./machine.ts";
import type { Machines } from "./machines.ts";

/** A lease, and a campaign each second. */
const TAKEOVER = 11 * SECOND;
/** What a machine with much else to do may need besides. */
const LOADED = 10 * SECOND;
/** For an answer to come to a process that stands still. */
const ANSWER_TIME = SECOND / 2;
/** Exit code of a daemon that led and no longer does. */
const LEADERSHIP_LOST = 75;

/** The machine that leads, once the other one stands by. */
async function leaderWithStandby(machines: Machines): Promise<Machine> {
  const leader = await machines.leads(...machines.daemons);
  await machines.joins(machines.standbyOf(leader));
  return leader;
}

/** Has the leader struck, and waits until the next one leads. */
async function takeover(machines: Machines, strike: () => void): Promise<void> {
  const record = (await machines.leaderRecord())!;
  const struckAt = systemClock.monotonic();
  strike();
  await machines.leadsAfter(record);
  const time = systemClock.monotonic() - struckAt;
  console.log(`the next one led after ${(time / SECOND).toFixed(1)} s`);
  assert.ok(time < TAKEOVER + LOADED, `the next one led only after ${time} ms`);
}

testNeeding(etcdNeeds, "a busy pool is led on by the standby, whatever becomes of its leader", async (t) => {
  await using busy = await BusyPool.start({ seed: 1 });
  const { machines } = busy;
  await busy.whileBusy(async () => {
    await t.step("a leader is killed in the middle of everything", async () => {
      const leader = await leaderWithStandby(machines);
      await takeover(machines, () => leader.signal("SIGKILL"));
    });

    await t.step(
      "a standby that is cut off is no member any more, and is one again when it is back",
      async () => {
        const standby = machines.standbyOf(await leaderWithStandby(machines));
        const ends = standby.ends.length;
        standby.etcd("cut");
        await machines.until(async () => !await machines.isMember(standby));
        standby.etcd("heal");
        await machines.joins(standby);
        assert.equal(standby.ends.length, ends, "it was started again");
      },
    );

    await t.step("a leader that stood still does nothing more once it goes on, and stands by", async () => {
      const leader = await leaderWithStandby(machines);
      const ends = leader.ends.length;
      // Its builder has been told to send an image, and logs in for that.
      const letThrough = await leader.clouds.holdLogin();
      await takeover(machines, () => leader.signal("SIGSTOP"));
      const since = systemClock.monotonic();
      letThrough();
      await systemClock.sleep(ANSWER_TIME);
      leader.signal("SIGCONT");
      await machines.until(() => leader.ends.length > ends);
      assert.equal(leader.ends.at(-1)!.code, LEADERSHIP_LOST);
      assert.deepEqual(leader.clouds.effects({ since }), [], "it has changed the cloud");
      await machines.joins(leader);
    });

    await t.step("a leader that loses etcd does nothing more after eight seconds", async () => {
      const leader = await leaderWithStandby(machines);
      const ends = leader.ends.length;
      const cutAt = systemClock.monotonic();
      await takeover(machines, () => leader.etcd("cut"));
      await machines.until(() => leader.ends.length > ends);
      assert.equal(leader.ends.at(-1)!.code, LEADERSHIP_LOST);
      assert.deepEqual(leader.clouds.effects({ since: cutAt + 8 * SECOND }), [], "it has changed the cloud");
      leader.etcd("heal");
      await machines.joins(leader);
    });
  });
  await busy.assertSound();
});
