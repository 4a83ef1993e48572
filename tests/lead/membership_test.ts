import assert from "node:assert/strict";
import { EtcdError } from "../../src/etcd/etcd.ts";
import type { MemberRecord } from "../../src/lead/leader_record.ts";
import { Membership } from "../../src/lead/membership.ts";
import { listMembers } from "../../src/lead/read_records.ts";
import { keys, virtualEtcd } from "./campaigning.ts";

const call = { signal: new AbortController().signal };
const SECOND = 1_000;

const record: MemberRecord = {
  id: "two",
  host: "m2",
  pid: 7,
  version: "0.4.0",
  since: 1,
  role: "standby",
  control: null,
};

function standby() {
  const { clock, etcd } = virtualEtcd();
  const refusals: (string | null)[] = [];
  const client = etcd.client("two");
  const { transact } = client;
  const member = new Membership(client, {
    keys,
    record,
    clock,
    onRefusal: (problem) => refusals.push(problem),
  });
  const list = () => listMembers(etcd.client("command"), keys, call);
  const refuse = (isRefused: boolean) => {
    const error = new EtcdError("unauthorized", "the user may not do that");
    client.transact = isRefused ? () => Promise.reject(error) : transact;
  };
  return { clock, etcd, record, refusals, refuse, member, list };
}

Deno.test("a member is listed as long as it lives", async () => {
  const { clock, record, refusals, member, list } = standby();
  await clock.advance(60 * SECOND);
  assert.deepEqual(await list(), [record]);
  await member[Symbol.asyncDispose]();
  assert.deepEqual(await list(), []);
  assert.deepEqual(refusals, []);
});

Deno.test("a member that etcd forgot while it was cut off is one again afterwards", async () => {
  const { clock, etcd, refusals, member, list } = standby();
  await clock.advance(SECOND);
  etcd.cutOff.add("two");
  await clock.advance(20 * SECOND);
  assert.deepEqual(await list(), []);
  etcd.cutOff.clear();
  await clock.advance(5 * SECOND);
  assert.equal((await list()).length, 1);
  assert.deepEqual(refusals, []);
  await member[Symbol.asyncDispose]();
});

Deno.test("a member whose user may not write says so once, and when it may", async () => {
  const { clock, refusals, refuse, member, list } = standby();
  refuse(true);
  await clock.advance(20 * SECOND);
  assert.deepEqual(refusals, ["the user may not do that"]);
  refuse(false);
  await clock.advance(2 * SECOND);
  assert.equal((await list()).length, 1);
  assert.deepEqual(refusals, ["the user may not do that", null]);
  await member[Symbol.asyncDispose]();
});

Deno.test("a member whose configuration changes says so, and stays the same member", async () => {
  const { clock, etcd } = virtualEtcd();
  let labels = "one";
  await using _member = new Membership(etcd.client("two"), {
    keys,
    record,
    config: () => Promise.resolve({ labels }),
    clock,
  });
  const list = () => listMembers(etcd.client("command"), keys, call);
  await clock.advance(SECOND);
  assert.deepEqual(await list(), [{ ...record, config: { labels: "one" } }]);
  labels = "two";
  await clock.advance(5 * SECOND);
  assert.deepEqual(await list(), [{ ...record, config: { labels: "two" } }]);
  await clock.advance(20 * SECOND);
  assert.equal((await list()).length, 1);
});

Deno.test("a member begins without etcd, and is one when etcd is there", async () => {
  const { clock, etcd, member, list } = standby();
  etcd.plan = () => ({ end: "unreachable" });
  await clock.advance(30 * SECOND);
  etcd.plan = () => ({});
  await clock.advance(2 * SECOND);
  assert.equal((await list()).length, 1);
  await member[Symbol.asyncDispose]();
});

Deno.test("a record of a member that this version cannot read hides none of the others", async () => {
  const { clock, etcd, member, list } = standby();
  await clock.advance(SECOND);
  etcd.server.transact({ compares: [], then: [{ put: `${keys.members}later`, value: "{}" }] });
  assert.deepEqual((await list()).map(({ id }) => id), ["two"]);
  await member[Symbol.asyncDispose]();
});
