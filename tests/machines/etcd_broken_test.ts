/**
 * etcd itself breaks under a busy pool: without a majority nobody leads and nothing changes; where a member is lost, an
 * answer, the room or old revisions, the pool goes on. Real processes, real members of etcd.
 */
import assert from "node:assert/strict";
import { SECOND } from "../../src/domain/time.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { testNeeding } from "../needs.ts";
import { etcdNeeds } from "./etcd_cluster.ts";
import { BusyPool } from "./busy_pool.ts";
import { compact, fill, makeRoom } from "./etcd_room.ts";

testNeeding(
  etcdNeeds,
  "without a majority of etcd nobody leads, nothing is made or deleted, and jobs go on",
  async () => {
    await using busy = await BusyPool.start({ seed: 4 });
    const { machines } = busy;
    const { clients, cluster } = machines;
    const taken = await clients.run("acquire", "small", "-o", "json");
    assert.equal(taken.code, 0, taken.stderr);
    const [node] = JSON.parse(taken.stdout).nodes;
    const leader = await machines.leads(...machines.daemons);

    for (const member of cluster.members.slice(0, 2)) member.stop();
    const brokenAt = systemClock.monotonic();
    await machines.until(() => leader.ends.length > 0);
    const waiting = clients.spawn("acquire", "small", "--wait", "5m", "-o", "json");
    await machines.until(() => systemClock.monotonic() > brokenAt + 15 * SECOND);
    for (const { clouds } of machines.daemons) {
      assert.deepEqual(clouds.effects({ since: brokenAt + 8 * SECOND }), [], "the cloud was changed");
    }
    const standing = machines.simulator.cloud().servers.standing().map(({ id }) => id);
    assert.ok(standing.includes(node.server_id), "the job's server is gone");

    for (const member of cluster.members.slice(0, 2)) member.continue();
    const { code, stdout, stderr } = await waiting.output();
    const text = new TextDecoder();
    assert.equal(code, 0, text.decode(stderr));
    assert.match(text.decode(stderr), /majority|leads|etcd/, "it said what it waited for");
    const ids = [node, ...JSON.parse(text.decode(stdout)).nodes].map(({ id }) => String(id));
    assert.equal((await clients.run("release", ...ids)).code, 0);
    await busy.assertSound();
  },
);

testNeeding(
  etcdNeeds,
  "a pool outlives the raft leader of its etcd, under the same leader",
  async () => {
    await using busy = await BusyPool.start({ seed: 5 });
    const { machines } = busy;
    const leader = await machines.leads(...machines.daemons);
    await busy.whileBusy(async () => {
      const member = machines.cluster.members[await machines.cluster.raftLeader()]!;
      await member.kill();
      const killedAt = systemClock.monotonic();
      const served = busy.traffic.grants.length + 5;
      await machines.until(() => busy.traffic.grants.length > served);
      console.log(`went on after ${((systemClock.monotonic() - killedAt) / SECOND).toFixed(1)} s`);
      member.start();
    });
    assert.equal(await machines.leader(), leader);
    assert.deepEqual(leader.ends, [], "the leader was started again");
    await busy.assertSound();
  },
);

testNeeding(
  etcdNeeds,
  "commits that were done and whose answers got lost are found out",
  async () => {
    await using busy = await BusyPool.start({ seed: 6 });
    const { machines } = busy;
    const leader = await machines.leads(...machines.daemons);
    await busy.whileBusy(async () => {
      for (let times = 0; times < 8; times++) {
        const served = busy.traffic.grants.length;
        leader.etcd("swallowAnswers");
        await systemClock.sleep(300);
        leader.etcd("heal");
        await machines.until(() => busy.traffic.grants.length > served + 2);
      }
    });
    assert.deepEqual(leader.ends, [], "the leader was started again");
    await busy.assertSound();
  },
);

testNeeding(
  etcdNeeds,
  "an etcd that is full is told, and the pool goes on when there is room",
  async () => {
    await using busy = await BusyPool.start({ seed: 7, quota: 16 * 2 ** 20 });
    const { machines } = busy;
    const { clients } = machines;
    await fill(machines);
    const refused = await clients.run("acquire", "small");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /its database is full; make room/);
    await machines.until(async () => /its database is full/.test((await clients.run("status")).stdout), {
      every: 500,
    });
    await makeRoom(machines);
    await busy.whileBusy(async () => {
      await machines.until(() => busy.traffic.grants.length > 10);
    });
    await busy.assertSound();
  },
);

testNeeding(etcdNeeds, "compaction under a busy pool and its lists harms nobody", async () => {
  await using busy = await BusyPool.start({ seed: 8 });
  const { machines } = busy;
  await busy.whileBusy(async () => {
    for (let times = 0; times < 10; times++) {
      await compact(machines);
      assert.equal((await machines.clients.run("list")).code, 0);
    }
  });
  const leader = await machines.leads(...machines.daemons);
  assert.deepEqual(leader.ends, [], "the leader was started again");
  await busy.assertSound();
});
