/** What daemons and builders go by is renewed while they run: the password of etcd's user. Real processes, real members of etcd. */
import assert from "node:assert/strict";
import { SECOND } from "../../src/domain/time.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { oneCloudConfig } from "../e2e/one_cloud_config.ts";
import { testNeeding } from "../needs.ts";
import { etcdNeeds } from "./etcd_cluster.ts";
import type { Machine } from "./machine.ts";
import { Machines } from "./machines.ts";

const config = oneCloudConfig({ labels: {}, maxServers: 2 })
  .replace("state: FOLDER/nodepool.kv", "").replace("FOLDER/key", "SHARED/key");

/** Of a leader and of members that etcd hears no more of. */
const LEASE = 11 * SECOND;

testNeeding(
  etcdNeeds,
  "a password that is changed in etcd and on the machines is taken without a restart",
  async () => {
    await using machines = await Machines.set({ config, builders: ["b1"] });
    const { clients, cluster } = machines;
    const [one, two] = machines.daemons as [Machine, Machine];
    one.switchOn();
    await machines.leads(one);
    two.switchOn();
    machines.builders[0]!.switchOn();
    for (const member of [two, ...machines.builders]) await machines.joins(member);

    for (const { configFile } of [clients, ...machines.all.map(({ pool }) => pool)]) {
      const text = await Deno.readTextFile(configFile);
      assert.ok(text.includes("nodepool-password"));
      await Deno.writeTextFile(configFile, text.replace("nodepool-password", "changed-password"));
    }
    await cluster.etcdctl(["user", "delete", "nodepool"]);
    await cluster.etcdctl(["user", "add", "nodepool:changed-password"]);
    await cluster.etcdctl(["user", "grant-role", "nodepool", "nodepool"]);
    const changedAt = systemClock.monotonic();
    await machines.until(() => systemClock.monotonic() > changedAt + LEASE);

    assert.deepEqual(machines.all.map(({ ends }) => ends.length), [0, 0, 0], "one was started again");
    const { code, stdout, stderr } = await clients.run("status", "-o", "json");
    assert.equal(code, 0, stderr);
    const { leader, members } = JSON.parse(stdout).machines;
    assert.equal(leader.pid, one.pid);
    const pids = members.map(({ pid }: { pid: number }) => pid);
    assert.deepEqual(pids.toSorted(), [two.pid, machines.builders[0]!.pid].toSorted());
  },
);
