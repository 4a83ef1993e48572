import assert from "node:assert/strict";
import { seededRandom } from "../../src/lib/random.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { planByChance, ScriptedEtcd } from "./scripted_etcd.ts";

const { signal } = new AbortController();
const call = { signal };

function scripted(options: { plan?: ScriptedEtcd["plan"] } = {}) {
  const clock = new VirtualClock();
  const etcd = new ScriptedEtcd({ clock, ...options });
  const client = etcd.client("one");
  const put = (key: string, value: string) =>
    client.transact({ compares: [], then: [{ put: key, value }] }, call);
  const values = async (revision?: number) => {
    const { entries } = await client.range({
      key: "a",
      end: "z",
      ...(revision === undefined ? {} : { revision }),
    }, call);
    return entries.map(({ key, value }) => `${key}=${value}`);
  };
  return { clock, etcd, client, put, values };
}

Deno.test("a scripted etcd reads at old revisions until they are compacted", async () => {
  const { etcd, put, values, client } = scripted();
  await put("a1", "x");
  const { revision } = await put("b", "x");
  await put("a1", "y");
  await client.transact({ compares: [], then: [{ delete: "b" }, { put: "c", value: "z" }] }, call);
  assert.deepEqual(await values(), ["a1=y", "c=z"]);
  assert.deepEqual(await values(revision), ["a1=x", "b=x"]);
  etcd.server.compact();
  assert.deepEqual(await values(), ["a1=y", "c=z"]);
  await assert.rejects(values(revision), { name: "EtcdError", kind: "compacted" });
});

Deno.test("a scripted etcd does a transaction whole where all compares hold, else it reads", async () => {
  const { client, put } = scripted();
  const { revision } = await put("a", "x");
  const raise = {
    compares: [{ key: "a", value: "x" }],
    then: [{ put: "a", value: "y" }],
    otherwise: [{ get: "a" }],
  };
  assert.equal((await client.transact(raise, call)).succeeded, true);
  const { succeeded, found } = await client.transact(raise, call);
  assert.deepEqual([succeeded, found[0]?.value, found[0]?.createRevision], [false, "y", revision]);
  const absent = { compares: [{ key: "b", createRevision: 0 }], then: [{ get: "b" }, { get: "a" }] };
  assert.deepEqual((await client.transact(absent, call)).found.map((entry) => entry?.value), [
    undefined,
    "y",
  ]);
});

Deno.test("a scripted etcd ends leases that are not kept alive, with their keys", async () => {
  const { client, clock, values } = scripted();
  const { id } = await client.grantLease({ ttl: 10_000 }, call);
  await client.transact({ compares: [], then: [{ put: "leader", value: "me", lease: id }] }, call);
  await clock.advance(9_000);
  assert.equal(await client.keepAlive(id, call), 10_000);
  await clock.advance(9_999);
  assert.deepEqual(await values(), ["leader=me"]);
  await clock.advance(1);
  assert.deepEqual(await values(), []);
  assert.equal(await client.keepAlive(id, call), 0);
});

Deno.test("a scripted etcd that is full refuses what is written, and still deletes", async () => {
  const { client, etcd, put, values } = scripted();
  await put("a", "x");
  etcd.server.isFull = true;
  await assert.rejects(put("a", "y"), { name: "EtcdError", kind: "full" });
  await client.transact({ compares: [], then: [{ delete: "a" }] }, call);
  assert.deepEqual(await values(), []);
});

for (
  const [end, done] of [["request lost", 0], ["answer lost", 1], ["late", 1], ["unreachable", 0]] as const
) {
  Deno.test(`a scripted etcd's transaction whose fate is "${end}" fails, and is ${done ? "" : "not "}done`, async () => {
    const { clock, etcd, put, values } = scripted({ plan: () => ({ end, after: 500 }) });
    const refused = assert.rejects(put("a", "x"), { kind: end === "unreachable" ? "unreachable" : "lost" });
    await clock.advance(2_600);
    await refused;
    etcd.plan = () => ({});
    assert.equal((await values()).length, done);
  });
}

Deno.test("a scripted etcd's repeated transaction answers as the second one", async () => {
  const { clock, client, etcd } = scripted({ plan: () => ({ end: "repeated", after: 10 }) });
  const answer = client.transact({
    compares: [{ key: "a", createRevision: 0 }],
    then: [{ put: "a", value: "x" }],
  }, call);
  await clock.advance(10);
  assert.equal((await answer).succeeded, false);
  assert.equal(etcd.server.range({ key: "a" }).entries.length, 1);
});

Deno.test("a scripted etcd answers nobody who is cut off, and others as ever", async () => {
  const { clock, etcd, put } = scripted();
  etcd.cutOff.add("one");
  const refused = assert.rejects(put("a", "x"), { kind: "lost" });
  await etcd.client("two").range({ key: "a" }, call);
  await clock.advance(2_000);
  await refused;
});

Deno.test("a scripted etcd's luck is the same for the same seed", () => {
  const fates = () => {
    const plan = planByChance(seededRandom(3), { delayed: 0.3, lost: 0.2, repeated: 0.1 });
    return Array.from({ length: 200 }, () => plan({ client: "one", method: "transact" }));
  };
  assert.deepEqual(fates(), fates());
  assert.ok(fates().some(({ end }) => end === "late"));
});
