import assert from "node:assert/strict";
import { poolKeys } from "../../src/lead/pool_keys.ts";
import { readLeader } from "../../src/lead/read_records.ts";
import { campaigns, end, keys, leads, virtualEtcd } from "./campaigning.ts";

const call = { signal: new AbortController().signal };
const SECOND = 1_000;

Deno.test("the first of two daemons leads, and the other sees who", async () => {
  const { clock, etcd } = virtualEtcd();
  const one = campaigns(etcd, "one");
  await clock.advance(100);
  const two = campaigns(etcd, "two");
  await clock.advance(30 * SECOND);
  assert.equal(one.held?.isSure, true);
  assert.ok(!leads(two));
  assert.deepEqual(two.looks.map(({ leader }) => leader?.host), Array(61).fill("one"));
  const leader = await readLeader(etcd.client("command"), keys, call);
  assert.deepEqual([leader?.record.id, leader?.token], ["one", one.held.token]);
  await end(clock, one, two);
});

Deno.test("a leader knows since when it leads, as its record says it, and not since when it stood by", async () => {
  const { clock, etcd } = virtualEtcd();
  const one = campaigns(etcd, "one");
  const two = campaigns(etcd, "two");
  await clock.advance(30 * SECOND);
  await one.stop();
  await clock.advance(SECOND);
  const leader = await readLeader(etcd.client("command"), keys, call);
  assert.deepEqual([leader?.record.id, leader?.record.since], ["two", two.held?.since]);
  assert.ok(two.held!.since >= 30 * SECOND);
  await end(clock, two);
});

Deno.test("a standby leads within eleven seconds once the leader has gone silent", async () => {
  const { clock, etcd } = virtualEtcd();
  const [one, two] = [campaigns(etcd, "one"), campaigns(etcd, "two")];
  await clock.advance(5 * SECOND);
  etcd.cutOff.add("one");
  await clock.advance(8 * SECOND);
  assert.equal(one.held?.isSure, false, "the leader begins nothing any more");
  assert.ok(!leads(two));
  await clock.advance(3 * SECOND);
  assert.equal(two.held?.isSure, true);
  assert.equal(one.held?.isLost, true);
  assert.match((await one.held.lost).message, /etcd did not renew its lease in time: etcd did not answer/);
  assert.ok(two.held.token > one.held.token);
  await end(clock, one, two);
});

Deno.test("a standby leads within a second once the leader has resigned", async () => {
  const { clock, etcd } = virtualEtcd();
  const one = campaigns(etcd, "one");
  await clock.advance(10);
  const two = campaigns(etcd, "two");
  await clock.advance(5 * SECOND);
  await one.stop();
  assert.equal(one.held?.isSure, false);
  await clock.advance(SECOND);
  assert.equal(two.held?.isSure, true);
  await end(clock, two);
});

for (const fate of ["answer lost", "late", "request lost", "unreachable", "repeated"] as const) {
  Deno.test(`a daemon leads once when its first transaction meets this: ${fate}`, async () => {
    const { clock, etcd } = virtualEtcd();
    let isFirst = true;
    etcd.plan = ({ method }) => {
      if (method !== "transact" || !isFirst) return {};
      isFirst = false;
      return { end: fate };
    };
    const one = campaigns(etcd, "one");
    await clock.advance(15 * SECOND);
    assert.equal(one.held?.isSure, true);
    const leader = await readLeader(etcd.client("command"), keys, call);
    assert.equal(leader?.token, one.held.token);
    await end(clock, one);
    assert.equal(await readLeader(etcd.client("command"), keys, call), null, "nothing stays behind");
  });
}

Deno.test("a daemon that stops while it campaigns leaves no leader behind whose answer it never had", async () => {
  const { clock, etcd } = virtualEtcd();
  etcd.plan = ({ method, client }) => client === "one" && method === "transact" ? { end: "answer lost" } : {};
  const one = campaigns(etcd, "one");
  await clock.advance(SECOND);
  assert.notEqual(await readLeader(etcd.client("command"), keys, call), null);
  await end(clock, one);
  assert.equal(await readLeader(etcd.client("command"), keys, call), null);
});

Deno.test("a machine whose clock is wrong does not lead, says so, and does once it is right", async () => {
  const { clock, etcd } = virtualEtcd();
  etcd.clockAhead = -4_000;
  const one = campaigns(etcd, "one");
  await clock.advance(3 * SECOND);
  assert.ok(!leads(one));
  assert.match(one.looks.at(-1)!.problem!, /this machine's clock is 4\.0 s ahead of etcd's: keep the clocks/);
  etcd.clockAhead = 1_400;
  await clock.advance(SECOND);
  assert.equal(one.held?.isSure, true);
  await end(clock, one);
});

Deno.test("what may not lead lets another lead", async () => {
  const { clock, etcd } = virtualEtcd();
  const old = campaigns(etcd, "old", { objection: () => Promise.resolve("the state is newer") });
  await clock.advance(5 * SECOND);
  assert.deepEqual(old.looks.at(-1), { leader: null, problem: "the state is newer" });
  const young = campaigns(etcd, "young");
  await clock.advance(SECOND);
  assert.equal(young.held?.isSure, true);
  await clock.advance(SECOND);
  assert.equal(old.looks.at(-1)!.leader?.host, "young");
  await end(clock, old, young);
});

Deno.test("nobody leads while etcd has no majority, and somebody does afterwards", async () => {
  const { clock, etcd } = virtualEtcd();
  etcd.plan = () => ({ end: "unreachable" });
  const [one, two] = [campaigns(etcd, "one"), campaigns(etcd, "two")];
  await clock.advance(60 * SECOND);
  assert.deepEqual([one.held, two.held], [null, null]);
  assert.match(one.looks.at(-1)!.problem!, /no member of etcd can be reached/);
  etcd.plan = () => ({});
  await clock.advance(2 * SECOND);
  assert.equal([one, two].filter(({ held }) => held?.isSure).length, 1);
  await end(clock, one, two);
});

Deno.test("pools that share an etcd have a leader each, also where one name begins with the other", async () => {
  const { clock, etcd } = virtualEtcd();
  const pools = ["ci", "ci-2", "c"].map((pool) => campaigns(etcd, pool, { keys: poolKeys(pool) }));
  await clock.advance(3 * SECOND);
  assert.deepEqual(pools.map((each) => each.held?.isSure), [true, true, true]);
  const client = etcd.client("command");
  const leaders = await Promise.all(
    ["ci", "ci-2", "c"].map((pool) => readLeader(client, poolKeys(pool), call)),
  );
  assert.deepEqual(leaders.map((leader) => leader?.record.id), ["ci", "ci-2", "c"]);
  await end(clock, ...pools);
});

Deno.test("a record of a leader that this version cannot read is a leader all the same", async () => {
  const { clock, etcd } = virtualEtcd();
  const client = etcd.client("later version");
  await client.transact({ compares: [], then: [{ put: keys.leader, value: "{}" }] }, call);
  const one = campaigns(etcd, "one");
  await clock.advance(5 * SECOND);
  assert.deepEqual([one.held, one.looks.at(-1)], [null, { leader: null, problem: null }]);
  await assert.rejects(readLeader(client, keys, call), { name: "EtcdError", kind: "refused" });
  await end(clock, one);
});
