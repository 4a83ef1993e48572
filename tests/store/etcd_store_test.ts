import assert from "node:assert/strict";
import { MINUTE } from "../../src/domain/time.ts";
import { type Etcd, EtcdError } from "../../src/etcd/etcd.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { EtcdSource } from "../../src/store/etcd/etcd_source.ts";
import { followCommits } from "../../src/store/etcd/follow_commits.ts";
import { readWitness } from "../../src/store/state_witness.ts";
import type { Store } from "../../src/store/store.ts";
import { storeContract } from "../contracts/store_contract.ts";
import { planByChance, ScriptedEtcd } from "../machines/scripted_etcd.ts";
import { eventually } from "../eventually.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { address, keys, openAsLeader, takeLead } from "./etcd_state.ts";
import { everyOrder } from "./image_records.ts";
import { historyRecord, launchPause, nodeRecord } from "./records.ts";
import { temporaryState } from "./temporary_state.ts";

storeContract("openEtcdStore() on a scripted etcd", async () => {
  const etcd = new ScriptedEtcd({ clock: new VirtualClock() }).client("one");
  const tested = {
    store: await openAsLeader(etcd),
    async reopen() {
      await tested.store[Symbol.asyncDispose]();
      tested.store = await openAsLeader(etcd);
    },
    [Symbol.asyncDispose]: () => tested.store[Symbol.asyncDispose](),
  };
  return tested;
});

const { signal } = new AbortController();

class Setting {
  readonly clock = new VirtualClock();
  readonly etcd = new ScriptedEtcd({ clock: this.clock });
  readonly client = this.etcd.client("one");

  async open(options: Parameters<typeof openAsLeader>[1] = {}): Promise<Store> {
    const store = await openAsLeader(this.client, { clock: this.clock, ...options });
    await store.load();
    return store;
  }

  /** The state's keys and values, the count of commits apart. */
  contents(): Map<string, string> {
    const { entries } = this.etcd.server.range({ key: keys.state, end: `${keys.state}\x7f` });
    return new Map(
      entries.map(({ key, value }) => [key.slice(keys.state.length), value] as const)
        .filter(([key]) => key !== "commits"),
    );
  }

  commits(): { count: number; token: number; nonce: string } {
    return JSON.parse(this.etcd.server.range({ key: `${keys.state}commits` }).entries[0]!.value);
  }

  async during<Value>(promise: Promise<Value>, time = 60_000): Promise<Value> {
    promise.catch(() => {});
    await this.clock.advance(time);
    return await promise;
  }
}

function creation(id: number) {
  return { nodes: [{ previous: null, next: nodeRecord({ id }) }] };
}

Deno.test("a state in etcd has keys and values that a reader with etcdctl understands", async () => {
  const setting = new Setting();
  await using store = await setting.open();
  await store.commit({
    ...creation(12),
    pauses: [{ previous: launchPause({ provider: "cloud-ä", label: "a/b c" }), next: null }],
    orders: [{ previous: null, next: { ...everyOrder()[0]!, provider: null, image: "debian" } }],
  });
  const contents = setting.contents();
  assert.match(contents.get("node/#0000000000000012")!, /^\[3,\{.*"id":12\}\]$/);
  assert.equal(contents.get("next-id/node"), "1");
  assert.ok(contents.has("image-order//debian"));
});

for (const end of ["request lost", "answer lost", "late", "repeated", "unreachable"] as const) {
  Deno.test(`a commit whose fate is "${end}" is done once, and its writer knows`, async () => {
    const setting = new Setting();
    await using store = await setting.open();
    const before = setting.commits().count;
    let requests = 0;
    setting.etcd.plan = ({ method }) => method === "transact" && ++requests <= 2 ? { end, after: 300 } : {};
    const taking = store.takeIds("node", 3);
    const committing = store.commit(creation(1));
    assert.equal(await setting.during(taking), 1);
    await setting.during(committing);
    assert.equal(setting.commits().count, before + 2);
    assert.equal(await store.takeIds("node", 1), 4);
    assert.equal((await store.load()).nodes.length, 1);
  });
}

Deno.test("nothing else is written while nobody knows what became of a commit", async () => {
  const setting = new Setting();
  await using store = await setting.open();
  setting.etcd.plan = () => ({ end: "request lost" });
  let settled = 0;
  const writes = [store.takeIds("node", 1), store.commit(creation(1))];
  for (const write of writes) write.finally(() => settled++).catch(() => {});
  await setting.clock.advance(30_000);
  assert.deepEqual([settled, setting.contents().get("next-id/node")], [0, "1"]);
  setting.etcd.plan = () => ({});
  await setting.clock.advance(5_000);
  assert.equal(settled, 2);
});

Deno.test("a former leader writes nothing any more, and learns who leads", async () => {
  const setting = new Setting();
  const former = await takeLead(setting.client, "alpha");
  await using store = await setting.open({ leadership: former });
  await using next = await setting.open({ leadership: await takeLead(setting.client, "beta") });
  const refused = {
    name: "StoreError",
    kind: "stopped",
    message: /no longer leads .* a daemon on beta \(pid 7\)/,
  };
  await assert.rejects(store.takeIds("node", 1), refused);
  assert.equal(former.isLost, true);
  await assert.rejects(store.commit(creation(1)), { kind: "stopped" });
  assert.equal(await next.takeIds("node", 1), 1);
});

Deno.test("what a former leader has sent that arrives after the next one has begun is refused", async () => {
  const setting = new Setting();
  await using store = await setting.open();
  setting.etcd.plan = () => ({ end: "late", after: 10_000 });
  const late = store.takeIds("node", 5);
  late.catch(() => {});
  await setting.clock.advance(100);
  setting.etcd.plan = () => ({});
  await using next = await setting.open();
  assert.equal(await next.takeIds("node", 1), 1);
  await setting.during(late).then(
    () => assert.fail("it was done"),
    ({ kind }) => assert.equal(kind, "stopped"),
  );
  assert.equal(setting.contents().get("next-id/node"), "2");
});

Deno.test("a leader that loses the lead while a commit has no answer stops for good", async () => {
  const setting = new Setting();
  const leadership = await takeLead(setting.client);
  await using store = await setting.open({ leadership });
  setting.etcd.cutOff.add("one");
  const writing = store.takeIds("node", 1);
  writing.catch(() => {});
  await setting.clock.advance(8_000);
  leadership.lose("its lease has ended");
  await assert.rejects(setting.during(writing), { kind: "stopped", message: /its lease has ended/ });
  await assert.rejects(store.check(), { kind: "stopped" });
});

Deno.test("a leader that gets no answer to what it writes, though its lease lives on, ends its lead", async () => {
  const setting = new Setting();
  const leadership = await takeLead(setting.client);
  await using store = await setting.open({ leadership });
  setting.etcd.plan = ({ method }) => method === "transact" ? { end: "request lost" } : {};
  const writing = setting.during(store.takeIds("node", 1), 2 * MINUTE);
  await assert.rejects(writing, { kind: "stopped", message: /no answer to a write for 60 s: .*/ });
  assert.match((await leadership.lost).message, /no answer to a write for 60 s: /);
});

Deno.test("a leader that cannot write to etcd when it opens the state ends its lead", async () => {
  const setting = new Setting();
  const leadership = await takeLead(setting.client);
  setting.etcd.plan = ({ method }) => method === "transact" ? { end: "request lost" } : {};
  await assert.rejects(setting.during(setting.open({ leadership }), 2 * MINUTE), {
    kind: "stopped",
    message: /no answer to a write for 60 s: /,
  });
});

Deno.test("an etcd that is full is told with what to do, and written to again when it has room", async () => {
  const setting = new Setting();
  await using store = await setting.open();
  setting.etcd.server.isFull = true;
  const full = {
    name: "StoreError",
    kind: "unusable",
    message: /its database is full; make room, then disarm its alarm/,
  };
  await assert.rejects(store.commit(creation(1)), full);
  await assert.rejects(store.check(), full);
  assert.equal(setting.contents().has("node/#0000000000000001"), false);
  setting.etcd.server.isFull = false;
  await store.check();
  await store.commit(creation(1));
});

Deno.test("a commit that filled etcd, and whose answer got lost, is known to be done", async () => {
  const setting = new Setting();
  await using store = await setting.open();
  setting.etcd.plan = () => ({ end: "answer lost" });
  const taking = store.takeIds("node", 2);
  await setting.clock.advance(100);
  setting.etcd.server.isFull = true;
  setting.etcd.plan = () => ({});
  assert.equal(await setting.during(taking), 1);
});

Deno.test("the commit that fills etcd, which etcd does and refuses, is known to be done", async () => {
  const setting = new Setting();
  await using store = await setting.open();
  setting.etcd.plan = ({ method }) => method === "transact" ? { end: "filling" } : {};
  assert.equal(await store.takeIds("node", 2), 1);
  setting.etcd.plan = () => ({});
  await assert.rejects(store.takeIds("node", 1), { kind: "unusable", message: /is full/ });
  setting.etcd.server.isFull = false;
  assert.equal(await store.takeIds("node", 1), 3);
});

Deno.test("a commit whose answer got lost settles once it is known, however long etcd refuses and does not answer", async () => {
  for (const [end, first] of [["answer lost", "done"], ["request lost", "not done"]] as const) {
    const setting = new Setting();
    await using store = await setting.open();
    setting.etcd.plan = () => ({ end });
    const taking = store.takeIds("node", 2).then(() => "done", ({ kind }) => kind);
    await setting.clock.advance(100);
    setting.etcd.server.isFull = true;
    setting.etcd.plan = ({ method }) => method === "range" ? { end: "unreachable" } : {};
    await setting.clock.advance(30_000);
    setting.etcd.plan = () => ({});
    assert.equal(await setting.during(taking), first === "done" ? "done" : "unusable");
    setting.etcd.server.isFull = false;
    assert.equal(await setting.during(store.takeIds("node", 1)), first === "done" ? 3 : 1);
  }
});

Deno.test("a commit too big for a transaction goes through the journal, and is whole or not there", async () => {
  const setting = new Setting();
  const console = "a line of a server's console\n".repeat(150);
  const evidence = { at: 1, error: "", kind: "ssh", requestId: null, fault: null, console } as const;
  const nodes = Array.from({ length: 1_500 }, (_, index) => ({
    previous: null,
    next: nodeRecord({ id: index + 1, evidence }),
  }));
  for (const last of [1, 4, 9, 12]) {
    const cut = new Setting();
    await using store = await cut.open();
    let requests = 0;
    cut.etcd.plan = ({ method }) => method === "transact" && ++requests > last ? { end: "request lost" } : {};
    const committing = store.commit({ nodes });
    committing.catch(() => {});
    await cut.clock.advance(1_000);
    cut.etcd.plan = () => ({});
    await using next = await cut.open();
    assert.ok([0, 1_500].includes((await next.load()).nodes.length));
    await assert.rejects(cut.during(committing), { kind: "stopped" });
  }
  await using store = await setting.open();
  await store.commit({ nodes });
  assert.equal([...setting.contents().keys()].filter((key) => key.startsWith("journal")).length, 0);
  assert.equal((await store.load()).nodes.length, 1_500);
});

Deno.test("a listing in pages goes on where etcd has compacted the revision of its first page", async () => {
  const setting = new Setting();
  await using store = await setting.open();
  const history = Array.from({ length: 5_000 }, (_, index) => historyRecord(index + 1, index + 1));
  await store.commit({ history });
  let pages = 0;
  setting.etcd.plan = ({ method }) => {
    if (method === "range" && pages++ > 0) {
      setting.etcd.server.transact({ compares: [], then: [{ put: "elsewhere", value: String(pages) }] });
      setting.etcd.server.compact();
    }
    return {};
  };
  const listed = await store.listHistory({ limit: 10_000 });
  assert.deepEqual(listed, history.toReversed());
  assert.ok(pages >= 3);
});

Deno.test("a listing whose pages a slow line has no time for is read in smaller ones", async () => {
  const setting = new Setting();
  const { client, clock } = setting;
  for (let first = 1; first <= 3_000; first += 1_000) {
    const ids = Array.from({ length: 1_000 }, (_, index) => first + index);
    const then = ids.map((id) => ({ put: `${keys.state}run/#${String(id).padStart(16, "0")}`, value: "1" }));
    await client.transact({ compares: [], then }, { signal });
  }
  const pages: number[] = [];
  const slow: Etcd = {
    ...client,
    range(request, call) {
      pages.push(request.limit!);
      if (request.limit! > 600) {
        return Promise.reject(new EtcdError("unreachable", "it did not answer in time"));
      }
      return client.range(request, call);
    },
  };
  const source = new EtcdSource(slow, { prefix: keys.state, clock, signal });
  const reading = Array.fromAsync(source.list({ prefix: ["run"] }), ({ key }) => key[1]);
  assert.deepEqual(await setting.during(reading), Array.from({ length: 3_000 }, (_, index) => index + 1));
  assert.deepEqual(pages, [2_000, 1_000, 500, 500, 500, 500, 500, 500]);
});

Deno.test("an etcd that cannot be reached for a moment hinders no reading", async () => {
  const setting = new Setting();
  await using store = await setting.open();
  await store.commit({ history: [historyRecord(3)] });
  let requests = 0;
  setting.etcd.plan = () => ++requests < 3 ? { end: "unreachable" } : {};
  assert.deepEqual(await setting.during(store.getHistory(3)), historyRecord(3));
  setting.etcd.plan = () => ({ end: "unreachable" });
  const refused = {
    name: "StoreError",
    kind: "unusable",
    message: /etcd:.*cannot be read: no member of etcd can be reached/,
  };
  await assert.rejects(setting.during(store.getHistory(3)), refused);
});

Deno.test("who does not lead reads, and writes only while nobody leads", async () => {
  const setting = new Setting();
  await (await setting.open()).commit(creation(1));
  await using reader = await setting.open({ leadership: null });
  assert.equal((await reader.load()).nodes.length, 1);
  await assert.rejects(reader.takeIds("node", 1), {
    kind: "locked",
    message: /a daemon on alpha \(pid 7\) leads its pool/,
  });
  await remove(setting.client, keys.leader);
  await using writer = await setting.open({ leadership: null });
  await using other = await setting.open({ leadership: null });
  assert.equal(await writer.takeIds("node", 1), 1);
  await assert.rejects(other.takeIds("node", 1), {
    kind: "locked",
    message: /another process has written to it/,
  });
});

async function remove(etcd: Etcd, key: string): Promise<void> {
  await etcd.transact({ compares: [], then: [{ delete: key }] }, { signal });
}

Deno.test("a state in etcd that an older backup of etcd has replaced is doubted where its newer commits were made", async () => {
  await using folder = await temporaryState();
  const witness = folder.path;
  const older = new Setting();
  const installation = seededRandom(7);
  await (await older.open({ random: seededRandom(7) })).settle("new");
  const newer = new Setting();
  await using store = await newer.open({ witness, random: installation });
  await store.settle("new");
  for (let times = 0; times < 5; times++) await store.takeIds("node", 1);
  await using restored = await older.open({ witness });
  assert.match(restored.doubt!, /it ends with commit \d+, but commit \d+ had been written/);
  await restored.settle("doubt");
  await using again = await older.open({ witness });
  assert.equal(again.doubt, null);
});

/** Two machines; the first leads, the second stands by and follows. `restore` puts an older backup in etcd's place. */
async function followed(witness: string) {
  const setting = new Setting();
  const store = await setting.open();
  await store.settle("new");
  const over = new AbortController();
  let etcd = setting.client;
  const reached: Etcd = {
    ...etcd,
    transact: (...args) => etcd.transact(...args),
    range: (...args) => etcd.range(...args),
  };
  const following = followCommits(reached, { keys, witness, clock: setting.clock, signal: over.signal });
  return {
    setting,
    store,
    restore: (older: Etcd) => void (etcd = older),
    async [Symbol.asyncDispose]() {
      over.abort();
      await following;
      await store[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a standby that never led doubts a state that an older backup of etcd has replaced", async () => {
  await using folder = await temporaryState();
  await using machines = await followed(folder.path);
  const { setting: { clock, etcd }, store, restore } = machines;
  const older = restoredFrom(etcd, clock);
  for (let times = 0; times < 5; times++) await store.takeIds("node", 1);
  await passing(clock, 25_000);
  const noted = await readWitness(folder.path);
  assert.equal(noted?.commits, machines.setting.commits().count);
  // The key of its leader came with the backup; nobody writes there.
  restore(older.client("two"));
  await passing(clock, 60_000);
  assert.deepEqual(await readWitness(folder.path), noted);
  await using next = await openAsLeader(older.client("two"), { clock, witness: folder.path });
  assert.match(next.doubt!, /it ends with commit \d+, but commit \d+ had been written/);
});

Deno.test("a standby believes a leader that works on an older state and sees nothing odd", async () => {
  await using folder = await temporaryState();
  await using machines = await followed(folder.path);
  const { setting: { clock, etcd }, store, restore } = machines;
  const older = restoredFrom(etcd, clock);
  for (let times = 0; times < 40; times++) await store.takeIds("node", 1);
  await passing(clock, 25_000);
  await using next = await openAsLeader(older.client("three"), { clock });
  restore(older.client("two"));
  for (let times = 0; times < 6; times++) {
    await next.takeIds("node", 1);
    await passing(clock, 10_000);
  }
  const { entries: [commits] } = older.server.range({ key: `${keys.state}commits` });
  const { count } = JSON.parse(commits!.value);
  const isWitnessed = async () => (await readWitness(folder.path))?.commits === count;
  await eventually(isWitnessed, () => passing(clock, 1_000));
});

/** Files are read meanwhile. */
async function passing(clock: VirtualClock, time: number): Promise<void> {
  for (let left = time; left > 0; left -= 1_000) {
    await clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** An etcd with what this one holds now, as one that is restored from a backup. */
function restoredFrom({ server }: ScriptedEtcd, clock: VirtualClock): ScriptedEtcd {
  const copy = new ScriptedEtcd({ clock });
  const entries = server.range({ key: keys.prefix, end: `${keys.prefix}\x7f` }).entries;
  const leader = entries.find(({ key }) => key === keys.leader)!;
  // So that its leader has the same token there.
  while (copy.server.revision < leader.createRevision - 1) {
    copy.server.transact({ compares: [], then: [{ put: "x", value: "" }] });
  }
  copy.server.transact({ compares: [], then: [{ put: leader.key, value: leader.value }] });
  const rest = entries.filter(({ key }) => key !== keys.leader);
  copy.server.transact({ compares: [], then: rest.map(({ key, value }) => ({ put: key, value })) });
  return copy;
}

Deno.test("keys of a state in etcd that are somebody else's are refused and left", async () => {
  const setting = new Setting();
  await setting.client.transact({ compares: [], then: [{ put: `${keys.state}users/ada`, value: "1" }] }, {
    signal,
  });
  await assert.rejects(setting.open(), {
    kind: "damaged",
    message:
      `the state ${address} is damaged: it holds ["users","ada"] but no schema version; it may not be nodepool's; ` +
      "delete its keys in etcd, then put a backup there with `nodepool state copy`, or begin with an empty pool (the " +
      "servers of the old one must then be deleted by hand); see: nodepool manual damaged-state",
  });
  assert.deepEqual([...setting.contents().keys()], ["users/ada"]);
});

Deno.test("whatever becomes of requests and answers, each commit is done once and in its order", async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const setting = new Setting();
    await using store = await setting.open();
    setting.etcd.plan = planByChance(seededRandom(seed), { delayed: 0.3, lost: 0.4, repeated: 0.2 });
    const written = [];
    for (let id = 1; id <= 20; id++) written.push(store.takeIds("node", 1), store.commit(creation(id)));
    await setting.during(Promise.all(written), 600_000);
    setting.etcd.plan = () => ({});
    const { nodes, nextIds } = await store.load();
    assert.deepEqual([nodes.length, nextIds.node], [20, 21], `seed ${seed}`);
  }
});
