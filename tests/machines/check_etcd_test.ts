/** `config-validate --online` on a real etcd: what would keep a daemon from leading the pool there. */
import assert from "node:assert/strict";
import type { EtcdConfig } from "../../src/domain/etcd_config.ts";
import { checkEtcd } from "../../src/online/check_etcd.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { testNeeding } from "../needs.ts";
import { EtcdCluster, etcdNeeds } from "./etcd_cluster.ts";

testNeeding(
  etcdNeeds,
  "config-validate --online says how an etcd stands, and leaves it as it is",
  async (t) => {
    await using cluster = await EtcdCluster.start();
    const { signal } = new AbortController();
    const found = async (changes: Partial<EtcdConfig> = {}) => {
      await using etcd = cluster.open(changes);
      const checks = await checkEtcd(cluster.config(changes), { etcd, clock: systemClock, signal });
      return checks.map(({ check, subject, result, message }) =>
        `${check} ${subject}: ${result}: ${message}`
      );
    };
    await t.step("all is well", async () => {
      assert.deepEqual(await found(), [
        ...cluster.endpoints.map((endpoint) => `etcd ${endpoint}: ok: etcd 3.4.23`),
        "etcd /nodepool/ci/: ok: can be read and written",
        "clock etcd: ok: agrees with this machine's",
      ]);
      assert.equal(await cluster.etcdctl(["get", "--prefix", "/nodepool/"]), "", "nothing was written");
    });
    await t.step("a wrong password", async () => {
      assert.match(
        (await found({ password: "wrong" })).join("\n"),
        /etcd \/nodepool\/ci\/: failure: cannot read: /,
      );
    });
    await t.step("a user that may only read", async () => {
      await cluster.etcdctl(["user", "add", "reader:r"]);
      await cluster.etcdctl(["role", "add", "reader"]);
      await cluster.etcdctl(["role", "grant-permission", "reader", "read", "--prefix=true", "/nodepool/ci/"]);
      await cluster.etcdctl(["user", "grant-role", "reader", "reader"]);
      const reader = { user: "reader", password: "r" };
      assert.match((await found(reader)).join("\n"), /etcd \/nodepool\/ci\/: failure: cannot write: /);
      assert.match(
        (await found({ ...reader, pool: "other" })).join("\n"),
        /\/other\/: failure: cannot read: /,
      );
    });
    await t.step("a member that is gone", async () => {
      await cluster.members[0]!.kill();
      const one = await found();
      assert.equal(one.filter((line) => line.includes(": warning: ")).length, 1, one.join("\n"));
      assert.ok(one.includes("etcd /nodepool/ci/: ok: can be read and written"), one.join("\n"));
    });
  },
);
