/**
 * etcd itself breaks under a busy pool: without a majority nobody leads and nothing changes; where a member is lost, an
 * answer, the room or old revisions, the pool goes on under the same leader. Real processes, real members of etcd.
 */
import assert from "node:assert/strict";
import { SECOND } from "../../src/domain/time.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { testNeeding } from "../needs.ts";
import { BusyPool } from "./busy_pool.ts";
import { etcdNeeds } from "./etcd_cluster.ts";
import { compact, fill, makeRoom } from "./etcd_room.ts";

const text = new TextDecoder();

testNeeding(etcdNeeds, "a busy pool goes on under the same leader when etcd loses something", async (t) => {
  await using busy = await BusyPool.start({ seed: 5, quota: 24 * 2 ** 20 });
  const { machines, traffic } = busy;
  const { clients, cluster } = machines;
  const leader = await machines.leads(...machines.daemons);
  const served = async (jobs: number) => {
    const before = traffic.grants.length;
    await machines.until(() => traffic.grants.length >= before + jobs);
  };

  await busy.whileBusy(async () => {
    await t.step("the member that leads etcd is killed", async () => {
      const member = cluster.members[await cluster.raftLeader()]!;
      await member.kill();
      const killedAt = systemClock.monotonic();
      await served(5);
      console.log(`went on after ${((systemClock.monotonic() - killedAt) / SECOND).toFixed(1)} s`);
      member.start();
    });

    await t.step("commits are done, and their answers get lost", async () => {
      for (let times = 0; times < 4; times++) {
        leader.etcd("swallowAnswers");
        await systemClock.sleep(300);
        leader.etcd("heal");
        await served(2);
      }
    });

    await t.step("old revisions are compacted away under commits and lists", async () => {
      for (let times = 0; times < 4; times++) {
        await compact(machines);
        assert.equal((await clients.run("list")).code, 0);
      }
    });
  });

  await t.step("the database is full, which commands say, until there is room", async () => {
    await fill(machines);
    const refused = await clients.run("acquire", "small");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /its database is full; make room/);
    await machines.until(async () => /its database is full/.test((await clients.run("status")).stdout), {
      every: 500,
    });
    await makeRoom(machines);
    await busy.whileBusy(() => served(10));
  });

  assert.equal(await machines.leader(), leader);
  assert.deepEqual(leader.ends, [], "the leader was started again");
  await busy.assertSound();
});

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
    for (const pool of [clients, ...machines.daemons.map((daemon) => daemon.pool)]) {
      const { code, stdout } = await pool.run("status", "-o", "json");
      assert.equal(code, 0, "status works");
      const { machines: { etcd }, nodes } = JSON.parse(stdout);
      const down = etcd.map(({ problem }: { problem: string | null }) => problem !== null);
      assert.deepEqual([down, nodes], [[true, true, true], null]);
    }
    const listed = await clients.run("list");
    assert.equal(listed.code, 3);
    assert.match(listed.stderr, /etcd has no majority, 1 of 3 members answers: https:.* does not answer: /);
    await machines.until(() => systemClock.monotonic() > brokenAt + 18 * SECOND);
    for (const { clouds } of machines.daemons) {
      assert.deepEqual(clouds.effects({ since: brokenAt + 8 * SECOND }), [], "the cloud was changed");
    }
    const standing = machines.simulator.cloud().servers.standing().map(({ id }) => id);
    assert.ok(standing.includes(node.server_id), "the job's server is gone");

    for (const member of cluster.members.slice(0, 2)) member.continue();
    const { code, stdout, stderr } = await waiting.output();
    const said = text.decode(stderr);
    assert.equal(code, 0, said);
    assert.match(said, /etcd/, "it said what it waited for");
    const ids = [node, ...JSON.parse(text.decode(stdout)).nodes].map(({ id }) => String(id));
    assert.equal((await clients.run("release", ...ids)).code, 0);
    await busy.assertSound();
  },
);
