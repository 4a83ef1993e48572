/** One daemon of a pool hands over to another: on purpose, at its end, or to a newer version. Real processes and members. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/lib/clock.ts";
import { poolKeys } from "../../src/lead/pool_keys.ts";
import { testNeeding } from "../needs.ts";
import { etcdNeeds } from "./etcd_cluster.ts";
import type { Machine } from "./machine.ts";
import { Machines } from "./machines.ts";

const config = `
status: {listen: "127.0.0.1:0"}
labels:
  - {name: small, image: debian, min-ready: 2, providers: [{name: main}]}
providers:
  - name: main
    cloud: simulator
    max-servers: 4
    images:
      - {name: debian, base-image: debian-12, min-ram: 512, username: debian, private-key: SHARED/key, connection-port: SSH_PORT}
`;

const clouds = [{ bootTime: 100, deleteTime: 50 }];
const LEADERSHIP_LOST = 75;

/** Milliseconds: two seconds, and as much again as a machine with much else to do needs. */
const AT_ONCE = 6_000;

async function standing(machines: Machines, ...standbys: readonly Machine[]): Promise<void> {
  await machines.until(async () => {
    const members = await machines.members();
    return standbys.every(({ pid }) => members.some((member) => member.pid === pid));
  });
}

async function ready(machines: Machines, count = 2): Promise<void> {
  const isReady = ({ state }: { state: string }) => state === "ready";
  await machines.until(async () => {
    const { stdout } = await machines.clients.run("list", "-o", "json");
    return stdout !== "" && JSON.parse(stdout).nodes.filter(isReady).length === count;
  });
}

testNeeding(
  etcdNeeds,
  "a pool goes from one machine to another and back, and no node is made twice",
  async (test) => {
    await using machines = await Machines.set({ config, clouds });
    const [one, two] = machines.daemons as [Machine, Machine];
    one.switchOn();
    await machines.leads(one);
    await ready(machines);

    await test.step("a leader without a standby does not resign", async () => {
      const { code, stderr } = await machines.clients.run("resign");
      assert.equal(code, 1);
      assert.match(
        stderr,
        /no standby can take over from .*: start one, or let the pool stand still with --force/,
      );
    });

    await test.step("a standby says what it is", async () => {
      two.switchOn();
      await standing(machines, two);
      const said = /standby of the pool ci: .* leads it; this daemon takes over when that one ends/;
      await machines.until(async () => said.test(await two.pool.log()));
      assert.equal((await two.pool.log()).match(/"standby of/g)?.length, 1, "once, not each second");
      const listed = await two.pool.run("list", "-o", "json");
      assert.equal(JSON.parse(listed.stdout).nodes.length, 2, "its socket answers with the leader's words");
    });

    await test.step("a second daemon on one machine leaves the first alone, whether that leads or not", async () => {
      for (const { pool } of [one, two]) {
        const second = await pool.run("daemon", "--pidfile", `${pool.folder}/second.pid`);
        assert.equal(second.code, 3, second.stderr);
        assert.match(
          second.stderr,
          /^nodepool: a daemon of the pool ci runs on this machine already and listens on .*nodepool-ci.sock: stop .*\n$/m,
        );
      }
      assert.deepEqual((await machines.members()).map(({ pid }) => pid), [two.pid]);
    });

    await test.step("resign hands over at once, says who leads, and the former leader stands by", async () => {
      const former = one.pid;
      const begunAt = systemClock.monotonic();
      const { code, stdout, stderr } = await machines.clients.run("resign");
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^\S+ \(pid \d+\) leads the pool now, after \d+\.\d s\n$/);
      assert.ok(stdout.includes(`pid ${two.pid}`), stdout);
      assert.ok(systemClock.monotonic() - begunAt < AT_ONCE, "it takes long");
      await machines.until(() => one.ends.length === 1 && one.pid !== null && one.pid !== former);
      assert.deepEqual(one.ends.map((end) => end.code), [LEADERSHIP_LOST]);
      await standing(machines, one);
    });

    await test.step("commands on its machine, resign too, work while the configuration there is broken", async () => {
      const { pool } = two;
      const sound = await Deno.readTextFile(pool.configFile);
      await Deno.writeTextFile(pool.configFile, `${sound}\nimages: [`);
      const done = async (...argv: string[]) => {
        const { code, stdout, stderr } = await pool.run(...argv);
        assert.equal(code, 0, `${argv.join(" ")}: ${stderr}`);
        return stdout;
      };
      await done("list");
      assert.match(await done("resign"), /^\S+ \(pid \d+\) leads the pool now, after \d+\.\d s\n$/);
      assert.equal(await machines.leader(), one);
      await done("list");
      await done("state", "check");
      await Deno.writeTextFile(pool.configFile, sound);
      await standing(machines, two);
      assert.equal((await machines.clients.run("resign")).code, 0);
      await standing(machines, one);
    });

    await test.step("a standby whose configuration is broken when it leads goes by the last good one", async () => {
      const digests = async () => JSON.stringify((await machines.members()).map((member) => member.config));
      const before = await digests();
      for (const { pool } of [one, two]) {
        const text = await Deno.readTextFile(pool.configFile);
        const late = "labels:\n  - {name: late, image: debian, min-ready: 1, providers: [{name: main}]}";
        await Deno.writeTextFile(pool.configFile, text.replace("labels:", late));
      }
      await ready(machines, 3);
      await machines.until(async () => await digests() !== before);
      const sound = await Deno.readTextFile(one.pool.configFile);
      await Deno.writeTextFile(one.pool.configFile, `${sound}\nimages: [`);
      assert.equal((await machines.clients.run("resign")).code, 0);
      await machines.until(async () => (await one.pool.log()).includes("images: ["));
      await ready(machines, 3);
      assert.equal(machines.simulator.journal.countOf("server.delete"), 0);
      await Deno.writeTextFile(one.pool.configFile, sound);
      await standing(machines, two);
      assert.equal((await machines.clients.run("resign")).code, 0);
      await standing(machines, one);
    });

    await test.step("a leader that is told to stop leaves the pool to the standby at once", async () => {
      const begunAt = systemClock.monotonic();
      assert.equal(await two.switchOff("SIGTERM"), 0);
      await machines.leads(one);
      assert.ok(systemClock.monotonic() - begunAt < AT_ONCE, "it takes long");
    });

    await test.step("a standby that is told to stop ends, and nothing of it is left in etcd", async () => {
      two.switchOn();
      await standing(machines, two);
      assert.equal(await two.switchOff("SIGTERM"), 0);
      assert.deepEqual(await machines.members(), []);
      assert.equal(await machines.leader(), one);
    });

    await test.step("a version that is too old for the state does not lead, and says so", async () => {
      two.switchOn();
      await standing(machines, two);
      const { state } = poolKeys("ci");
      const { signal } = new AbortController();
      await machines.etcd.transact({ compares: [], then: [{ put: `${state}schema`, value: "99" }] }, {
        signal,
      });
      await one.switchOff("SIGKILL");
      await machines.until(async () =>
        /cannot take over: the state was written by a later version/.test(await two.pool.log())
      );
      assert.equal(await machines.leaderRecord(), null);
    });

    assert.equal(machines.simulator.journal.countOf("server.create"), 3);
  },
);
