/** Commits to a state in etcd that need several transactions, where etcd breaks in the middle of one. */
import assert from "node:assert/strict";
import { etcdSnapshot } from "../../../src/etcd/etcd_snapshot.ts";
import type { EtcdPlace } from "../../../src/store/state_place.ts";
import { readEtcdContents } from "../../../src/store/etcd/etcd_contents.ts";
import { StoreError } from "../../../src/store/store.ts";
import { ScriptedEtcd } from "../../machines/scripted_etcd.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import { VirtualClock } from "../../virtual_clock.ts";
import { address, keys, openAsLeader } from "../../store/etcd_state.ts";
import { historyRecord, nodeRecord } from "../../store/records.ts";

const { signal } = new AbortController();
const COUNT = 500;

/** Some two megabytes; each node ends, and has a history record. */
const history = (() => {
  const console = "a line of a server's console\n".repeat(150);
  const evidence = { at: 1, error: "", kind: "ssh", requestId: null, fault: null, console } as const;
  return Array.from({ length: COUNT }, (_, index) => {
    const { endedAt, node } = historyRecord(index + 1);
    return { endedAt, node: { ...node, evidence } };
  });
})();
const big = {
  history,
  nodes: history.map((_, index) => ({ previous: null, next: nodeRecord({ id: COUNT + index }) })),
};

async function setUp() {
  const clock = new VirtualClock();
  const etcd = new ScriptedEtcd({ clock });
  const store = await openAsLeader(etcd.client("one"), { clock });
  await store.load();
  const reader = etcd.client("reader");
  const place: EtcdPlace = {
    clock,
    random: seededRandom(3),
    address,
    pool: "ci",
    keys,
    etcd: reader,
    signal,
  };
  return {
    etcd,
    store,
    /** How many of the commit's records each way to read shows: the leader's, a command's without a leader, a backup's. */
    async seen(): Promise<readonly number[]> {
      const snapshot = etcdSnapshot(reader, etcd.server.revision);
      await using other = await openAsLeader(snapshot, { clock, leadership: null });
      const { mutations } = await readEtcdContents(place);
      const { nodes } = await other.load();
      assert.ok(!mutations.some(({ key }) => String(key[0]).startsWith("journal")));
      return [
        (await store.listHistory({ limit: 10_000 })).length,
        (await other.listHistory({ limit: 10_000 })).length,
        nodes.length,
        mutations.filter(({ key }) => key[0] === "node").length,
        mutations.filter(({ key, value }) => key[0] === "history" && value !== null).length,
      ];
    },
    journal: () =>
      etcd.server.range({ key: `${keys.state}journal`, end: `${keys.state}journal\x7f` }).entries,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
    },
  };
}

/**
 * Has etcd be full once so many transactions have been done; `refusesLast`: it refuses the last of them, too, as etcd
 * does with the one that it fills up with. @returns whether the commit counts
 */
async function commitFilling(
  { etcd, store }: Awaited<ReturnType<typeof setUp>>,
  { after, refusesLast = false }: { after: number; refusesLast?: boolean },
) {
  let transactions = 0;
  etcd.plan = ({ method, client }) => {
    if (method !== "transact" || client !== "one") return {};
    etcd.server.isFull = ++transactions > after;
    return refusesLast && transactions === after ? { end: "filling" } : {};
  };
  const error = await store.commit(big).then(() => null, (error) => error as StoreError);
  etcd.plan = () => ({});
  const wasFull = etcd.server.isFull;
  if (error !== null) {
    assert.equal(error.kind, "unusable");
    assert.match(error.message, /its database is full; make room/);
  }
  return { counts: error === null, wasFull };
}

for (const refusesLast of [false, true]) {
  const name = refusesLast
    ? "that fills etcd, which it refuses though it does it,"
    : "that meets a full etcd";
  Deno.test(`a big commit ${name} counts or does not, for every reader, and the store goes on with room`, async () => {
    let outcomes = "";
    for (let after = 0; !outcomes.endsWith("done"); after++) {
      await using setting = await setUp();
      const { etcd, store } = setting;
      const { counts, wasFull } = await commitFilling(setting, { after, refusesLast });
      const expected = (count: number) => Array(5).fill(count);
      assert.deepEqual(await setting.seen(), expected(counts ? COUNT : 0), `after ${after} transactions`);
      if (wasFull) await assert.rejects(store.takeIds("node", 1), { kind: "unusable", message: /is full/ });
      etcd.server.isFull = false;
      await store.check();
      if (!counts) await store.commit(big);
      await store.takeIds("node", 1);
      assert.deepEqual(await setting.seen(), expected(COUNT), `after ${after} transactions, with room`);
      assert.deepEqual(setting.journal(), []);
      outcomes += !wasFull ? "done" : counts ? "c" : "n";
    }
    assert.match(outcomes, /^n{3,}c{3,}done$/);
  });
}

Deno.test("the next leader completes a big commit that counts, and drops one that does not", async () => {
  for (const after of [3, 12]) {
    await using setting = await setUp();
    const { counts } = await commitFilling(setting, { after });
    setting.etcd.server.isFull = false;
    await using next = await openAsLeader(setting.etcd.client("two"));
    assert.equal((await next.load()).nodes.length, counts ? COUNT : 0);
    await next.takeIds("node", 1);
    assert.deepEqual(setting.journal(), []);
    assert.equal((await next.listHistory({ limit: 10_000 })).length, counts ? COUNT : 0);
    await assert.rejects(setting.store.takeIds("node", 1), { kind: "stopped" });
  }
});
