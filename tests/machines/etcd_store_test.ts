/** The store in etcd with three real members. */
import assert from "node:assert/strict";
import type { Etcd } from "../../src/etcd/etcd.ts";
import { poolKeys } from "../../src/lead/pool_keys.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Store } from "../../src/store/store.ts";
import { storeContract } from "../contracts/store_contract.ts";
import { testNeeding } from "../needs.ts";
import { openAsLeader } from "../store/etcd_state.ts";
import { nodeRecord } from "../store/records.ts";
import { EtcdCluster, etcdNeeds } from "./etcd_cluster.ts";

const clock = systemClock;

function contractOn(etcd: () => Etcd) {
  const cases: { name: string; fn: () => Promise<void> }[] = [];
  const open = async () => {
    const options = { clock, keys: poolKeys(`case-${crypto.randomUUID()}`) };
    const tested = {
      store: await openAsLeader(etcd(), options),
      async reopen() {
        await tested.store[Symbol.asyncDispose]();
        tested.store = await openAsLeader(etcd(), options);
      },
      [Symbol.asyncDispose]: () => tested.store[Symbol.asyncDispose](),
    };
    return tested;
  };
  storeContract("openEtcdStore() on three members", open, (name, fn) => cases.push({ name, fn }));
  return cases;
}

testNeeding(etcdNeeds, "a store in a real etcd does what every store must do", async (t) => {
  await using cluster = await EtcdCluster.start();
  await using etcd = cluster.open();
  // The ways to the members stay open from one to the next.
  for (const each of contractOn(() => etcd)) {
    await t.step({ ...each, sanitizeOps: false, sanitizeResources: false });
  }
});

function creations(from: number, count: number) {
  const nodes = Array.from({ length: count }, (_, index) => nodeRecord({ id: from + index }));
  return { nodes: nodes.map((next) => ({ previous: null, next })) };
}

async function ids(store: Store): Promise<number[]> {
  return (await store.load()).nodes.map(({ id }) => id).sort((a, b) => a - b);
}

testNeeding(etcdNeeds, "commits go on over the death of the members' leader, each done once", async () => {
  await using cluster = await EtcdCluster.start();
  await using etcd = cluster.open();
  await using store = await openAsLeader(etcd, { clock });
  await store.load();
  const writing = [];
  for (let id = 1; id <= 60; id++) writing.push(store.commit(creations(id, 1)));
  await writing[5];
  const leader = cluster.members[await cluster.raftLeader()]!;
  await leader.kill();
  await Promise.all(writing);
  await store.commit(creations(61, 1));
  leader.start();
  assert.deepEqual(await ids(store), Array.from({ length: 61 }, (_, index) => index + 1));
});

for (const [size, count] of [["small", 400], ["that need several transactions", 1_500]] as const) {
  testNeeding(
    etcdNeeds,
    `a full database is told with what to do, leaves no commits half, and goes on with room: ${size}`,
    async () => {
      await using cluster = await EtcdCluster.start({ quota: 20 * 1024 * 1024 });
      await using etcd = cluster.open();
      await using store = await openAsLeader(etcd, { clock });
      await store.load();
      let { nodes } = await store.commit(creations(1, count));
      const fillUp = async () => {
        for (;;) {
          ({ nodes } = await store.commit({ nodes: nodes.map(({ next }) => ({ previous: next, next })) }));
        }
      };
      const advice = /its database is full; make room \(compact and defragment it\), then disarm its alarm/;
      await assert.rejects(fillUp(), { name: "StoreError", kind: "unusable", message: advice });
      const isWhole = async () => assert.deepEqual((await store.load()).nodes, nodes.map(({ next }) => next));
      await isWhole();
      await assert.rejects(store.check(), { kind: "unusable" });
      const { revision } = await etcd.range({ key: "/nodepool/ci/leader" }, {
        signal: new AbortController().signal,
      });
      await cluster.etcdctl(["compaction", String(revision)]);
      await cluster.etcdctl(["defrag"]);
      await cluster.etcdctl(["alarm", "disarm"]);
      await store.check();
      await store.takeIds("node", 5);
      await isWhole();
    },
  );
}
