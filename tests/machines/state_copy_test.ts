/** `nodepool state` with states in a real etcd, as a user has it: certificates, a user, and a password in secure.conf. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openEtcdPool } from "../../src/etcd_pool.ts";
import { poolKeys } from "../../src/lead/pool_keys.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { EtcdTransactions } from "../../src/store/etcd/etcd_transactions.ts";
import { keys } from "../../src/store/keys.ts";
import { openKvStore } from "../../src/store/open_state.ts";
import { CliBench } from "../cli/run.ts";
import { testNeeding } from "../needs.ts";
import { nodeRecord } from "../store/records.ts";
import { EtcdCluster, etcdNeeds } from "./etcd_cluster.ts";

const COUNT = 3_000;

async function fill(path: string): Promise<void> {
  await using store = await openKvStore(path, { clock: systemClock, random: systemRandom });
  await store.load();
  await store.takeIds("node", COUNT);
  const nodes = Array.from({ length: COUNT }, (_, index) => nodeRecord({ id: index + 1 }));
  for (let from = 0; from < COUNT; from += 400) {
    const next = nodes.slice(from, from + 400);
    await store.commit({ nodes: next.map((next) => ({ previous: null, next })) });
  }
}

/** Leaves a copy in the middle. */
async function beginCopy(cluster: EtcdCluster, address: string): Promise<void> {
  await using etcd = cluster.open();
  const { signal } = new AbortController();
  const options = {
    address,
    keys: poolKeys("ci"),
    leadership: null,
    clock: systemClock,
    random: systemRandom,
  };
  const transactions = await EtcdTransactions.open(etcd, { ...options, signal });
  await transactions.transact([{ key: keys.journalEntry(0), value: { key: ["node", 1], value: "{}" } }]);
}

testNeeding(
  etcdNeeds,
  "a pool moves into etcd and back, is checked, backed up and restored there",
  async () => {
    await using cluster = await EtcdCluster.start();
    await using bench = await CliBench.open({ daemon: false });
    const { yaml, secure } = cluster.lines();
    const address = yaml.match(/^state: (.*)$/m)![1]!;
    const secureFile = join(bench.folder, "secure.conf");
    await Deno.writeTextFile(secureFile, secure);
    const state = (...args: string[]) => bench.run("-s", secureFile, "state", ...args);
    bench.etcdPool = openEtcdPool;
    await Deno.writeTextFile(bench.configFile, yaml);
    await beginCopy(cluster, address);
    const interrupted = await state("backup", bench.folder);
    assert.equal(interrupted.code, 1);
    assert.match(
      interrupted.stderr,
      /^nodepool: there is no state in etcd:.* yet: writing it was interrupted;/,
    );
    assert.equal((await bench.run("-s", secureFile, "list")).code, 0);
    // The way in: the configuration still names the file.
    await Deno.writeTextFile(bench.configFile, yaml.replace(/^state: .*$/m, `state: ${bench.state}`));
    await fill(bench.state);
    const copied = await state("copy", bench.state, address);
    assert.deepEqual([copied.code, copied.stderr], [0, ""]);
    assert.match(copied.stdout, /^etcd:.*\/ci: 3,\d\d\d entries, copied from .*pool\.kv\n/);
    await Deno.writeTextFile(bench.configFile, yaml);
    const again = await state("copy", bench.state, address);
    assert.deepEqual([again.code, again.stderr], [
      1,
      `nodepool: cannot use the state ${address}: there is one already; name another pool, or delete the keys below ` +
      "/nodepool/ci/state/ with etcdctl\n",
    ]);
    assert.match((await state("check")).stdout, /node: 3000, .*\nNo problems found\.\n$/);
    const backup = await state("backup", bench.folder);
    assert.match(backup.stdout, /\/ci\.kv\.\d{8}T\d{6}Z: [\d,]+ bytes\n$/);
    const restored = await state("restore", backup.stdout.split(": ")[0]!);
    assert.deepEqual([restored.code, restored.stderr], [0, ""]);
    assert.match(restored.stdout, /ci\.kv\.replaced-\d{8}T\d{6}Z: the state that it replaced\n/);
    assert.match((await state("check")).stderr, /it may not be the newest: it was restored from a copy/);
    const back = join(bench.folder, "back.kv");
    assert.equal((await state("copy", address, back)).code, 0);
    assert.match((await state("check", back)).stdout, /node: 3000, /);
    await Deno.writeTextFile(secureFile, "[etcd]\npassword = wrong\n");
    const refused = await state("check");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^nodepool: cannot use the state etcd:.*check etcd\.user and secure\.conf/);
  },
);
