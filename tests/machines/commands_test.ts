/**
 * Commands of a pool on several machines, as real processes: on the leader's machine, on a standby's and on one without a
 * daemon, while leaders come and go, and when none is left.
 */
import assert from "node:assert/strict";
import { AcquireClient } from "../e2e/acquire_client.ts";
import { oneCloudConfig } from "../e2e/one_cloud_config.ts";
import type { Ran, RunningPool } from "../e2e/running_pool.ts";
import { testNeeding } from "../needs.ts";
import { etcdNeeds } from "./etcd_cluster.ts";
import { Machines } from "./machines.ts";

const config = oneCloudConfig({ labels: { small: 3 }, maxServers: 12 })
  .replace("state: FOLDER/nodepool.kv", "").replace("FOLDER/key", "SHARED/key");

async function done(pool: RunningPool, ...argv: string[]): Promise<Ran> {
  const ran = await pool.run(...argv);
  assert.equal(ran.code, 0, `${argv.join(" ")}: ${ran.stderr}`);
  return ran;
}

async function ids(pool: RunningPool, state: string): Promise<readonly number[]> {
  const { stdout } = await done(pool, "list", "--state", state, "-o", "json");
  return JSON.parse(stdout).nodes.map(({ id }: { id: number }) => id);
}

testNeeding(
  etcdNeeds,
  "commands work from every machine, outlast their leader, and look at the state without one",
  async (t) => {
    await using machines = await Machines.set({ config, clouds: [{ bootTime: 3_000, deleteTime: 50 }] });
    const [one, two] = machines.daemons as [Machines["daemons"][0], Machines["daemons"][0]];
    const { clients } = machines;
    const places = { "the leader's machine": one.pool, "a standby's": two.pool, "a third": clients };

    await t.step("before any daemon has run there is nothing to show, and nobody to ask", async () => {
      assert.match((await done(clients, "list")).stderr, /no daemon leads the pool ci/);
      const { code, stderr } = await clients.run("acquire", "small");
      assert.equal(code, 3, stderr);
    });

    one.switchOn();
    await machines.leads(one);
    two.switchOn();
    await machines.until(async () => (await machines.members()).length === 1);
    await machines.until(async () => (await ids(clients, "ready")).length === 3);

    for (const [place, pool] of Object.entries(places)) {
      await t.step(`on ${place}`, async () => {
        const logged = await pool.run("list");
        assert.deepEqual([logged.code, logged.stderr], [0, ""]);
        const client = new AcquireClient(pool, "--wait", "2m");
        assert.equal(await client.ended(), 0, client.stderr);
        const [id] = client.ids;
        await done(pool, "hold", String(id), "--reason", "ein Blick");
        assert.deepEqual(await ids(clients, "hold"), [id]);
        await done(pool, "unhold", String(id));
        await done(pool, "delete", String(id), "--now");
        assert.match(
          (await pool.run("show", "999")).stderr,
          /no node has the id, host name, server id or address 999/,
        );
      });
    }

    await t.step(
      "who waits for nodes has them of the next leader once theirs was killed, and events go on",
      async () => {
        const leader = (await machines.leader())!;
        const standby = machines.standbyOf(leader);
        const waiting = [clients, standby.pool].map((pool) =>
          new AcquireClient(pool, "--count", "4", "--wait", "3m")
        );
        const following = clients.spawn("events", "--follow", "--kind", "node");
        const followed = following.output();
        await machines.until(() => waiting.every(({ stderr }) => stderr.includes("waiting for")));
        await leader.switchOff("SIGKILL");
        await machines.leads(standby);
        for (const client of waiting) assert.equal(await client.ended(), 0, client.stderr);
        const taken = waiting.flatMap(({ ids }) => ids);
        assert.equal(new Set(taken).size, 8, "nobody got what somebody else has");
        assert.match(
          waiting[0]!.stderr,
          /stopped; waiting for the next one[^]*continuing with the daemon on /,
        );
        assert.deepEqual(
          (await ids(clients, "used")).toSorted((a, b) => a - b),
          taken.toSorted((a, b) => a - b),
        );
        await done(clients, "delete", ...taken.map(String), "--now");
        following.kill("SIGINT");
        const text = new TextDecoder().decode((await followed).stdout);
        assert.match(text, new RegExp(`\\b${taken.at(-1)}\\b`), text);
        leader.switchOn();
        await machines.until(async () => (await machines.members()).length === 1);
      },
    );

    await t.step("with no leader, lists are read from etcd, and nothing is written", async () => {
      await machines.until(async () => (await ids(clients, "ready")).length === 3);
      await Promise.all([one.switchOff(), two.switchOff()]);
      await machines.until(async () => (await machines.leaderRecord()) === null);
      const [ready] = await ids(clients, "ready");
      const revision = await machines.etcd.range({ key: "/nodepool/ci/x" }, new AbortController()).then((x) =>
        x.revision
      );
      for (const argv of [["list"], ["image-list"], ["status"], ["history"], ["events", "--since", "1h"]]) {
        assert.match(
          (await done(clients, ...argv)).stderr,
          /no daemon leads the pool ci; this is its state in etcd/,
        );
      }
      const { code, stderr } = await clients.run("hold", String(ready));
      assert.equal(code, 3, stderr);
      assert.match(
        stderr,
        /no daemon leads the pool ci, and none stands by: start one with `nodepool -c .*daemon`/,
      );
      const after = await machines.etcd.range({ key: "/nodepool/ci/x" }, new AbortController()).then((x) =>
        x.revision
      );
      assert.equal(after, revision, "etcd has had no change");
    });
  },
);
