/** Copies of states between files and etcd, backups, restores, exports and imports of states in etcd. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { EtcdError } from "../../src/etcd/etcd.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { backupState } from "../../src/store/backup_state.ts";
import { checkState } from "../../src/store/check_state.ts";
import { copyContents } from "../../src/store/copy_contents.ts";
import { exportState, importState } from "../../src/store/export_state.ts";
import { openKvStore } from "../../src/store/open_state.ts";
import { restoreState } from "../../src/store/restore_state.ts";
import { lockState } from "../../src/store/state_lock.ts";
import type { EtcdPlace } from "../../src/store/state_place.ts";
import type { Store } from "../../src/store/store.ts";
import { ScriptedEtcd } from "../machines/scripted_etcd.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { address, keys, openAsLeader, takeLead } from "./etcd_state.ts";
import { historyRecord, launchPause, nodeRecord, nodeRequest, poolSample } from "./records.ts";
import { temporaryState } from "./temporary_state.ts";

const clock = new VirtualClock(Date.parse("2026-11-28T20:15:00Z"));
const random = seededRandom(11);
const deps = { clock, random };
const { signal } = new AbortController();

function etcdPlace() {
  const etcd = new ScriptedEtcd({ clock });
  const place: EtcdPlace = { ...deps, address, pool: "ci", keys, etcd: etcd.client("command"), signal };
  const leave = () => place.etcd.transact({ compares: [], then: [{ delete: keys.leader }] }, { signal });
  return { etcd, place, leave };
}

/** Of each kind something, and more than fits into one transaction. */
async function fill(store: Store): Promise<void> {
  await store.load();
  await store.settle("new");
  await store.takeIds("node", 2_000);
  await store.takeIds("request", 1);
  const create = <Record>(next: Record) => ({ previous: null, next });
  await store.commit({
    nodes: Array.from(
      { length: 2_000 },
      (_, index) => create(nodeRecord({ id: index + 1, comment: 'é/"\n' })),
    ),
    requests: [create(nodeRequest({ id: 1 }))],
    pauses: [create(launchPause({ provider: "cloud-ä", label: "a/b" }))],
    history: [historyRecord(7), historyRecord(8, 3)],
    events: [1, 2].map((id) => ({
      id,
      at: id,
      kind: "node.ready" as const,
      subject: { type: "node" as const, id: 7, name: "n" },
      labels: {},
      message: "node 7 is ready",
    })),
  });
  await store.addSample(poolSample(10), { since: 0 });
}

async function contentsOf(store: Store) {
  return {
    contents: await store.load(),
    installation: store.installation,
    isNew: store.isNew,
    doubt: store.doubt,
    history: await store.listHistory({ limit: 100 }),
    events: await store.listEvents({ after: 0, limit: 100 }),
    samples: await Array.fromAsync(store.samples({ since: 0 })),
  };
}

async function contentsOfFile(path: string) {
  await using store = await openKvStore(path, deps);
  return await contentsOf(store);
}

async function contentsInEtcd({ place, leave }: ReturnType<typeof etcdPlace>) {
  try {
    await using store = await openAsLeader(place.etcd, deps);
    return await contentsOf(store);
  } finally {
    await leave();
  }
}

async function filledFile(path: string): Promise<void> {
  await using store = await openKvStore(path, deps);
  await fill(store);
}

Deno.test("a state that is copied into etcd and out again is the same, all of it", async () => {
  await using state = await temporaryState();
  await filledFile(state.path);
  const before = await contentsOfFile(state.path);
  const there = etcdPlace();
  assert.ok(await copyContents({ from: state.path, to: there.place }, deps) > 2_000);
  assert.deepEqual(await contentsInEtcd(there), before);
  const back = join(state.directory, "back.kv");
  await copyContents({ from: there.place, to: back }, deps);
  assert.deepEqual(await contentsOfFile(back), before);
  assert.deepEqual(await contentsOfFile(state.path), before);
  assert.deepEqual((await checkState(there.place, deps)).oddities, []);
});

Deno.test("a backup of a state in etcd takes no more room than what it holds", async () => {
  await using state = await temporaryState();
  await filledFile(state.path);
  const there = etcdPlace();
  await copyContents({ from: state.path, to: there.place }, deps);
  const { path } = await backupState(there.place, { target: join(state.directory, "copy.kv"), now: 0 });
  using database = new DatabaseSync(path, { readOnly: true });
  const count = (pragma: string) => Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get()!)[0]);
  assert.ok(count("page_count") > 100);
  assert.ok(
    count("freelist_count") < 10,
    `${count("freelist_count")} of ${count("page_count")} pages hold nothing`,
  );
});

Deno.test("a state that somebody uses is not copied, and none is copied over another", async () => {
  await using state = await temporaryState();
  await filledFile(state.path);
  const there = etcdPlace();
  const copy = { from: state.path, to: there.place };
  {
    using _lock = await lockState(state.path, { holder: "nodepool daemon", clock });
    await assert.rejects(copyContents(copy, deps), { kind: "locked", message: /in use by nodepool daemon/ });
  }
  await takeLead(there.place.etcd);
  await assert.rejects(copyContents(copy, deps), {
    kind: "locked",
    message: /a daemon on alpha \(pid 7\) leads/,
  });
  await there.leave();
  await copyContents(copy, deps);
  await assert.rejects(copyContents(copy, deps), { kind: "unusable", message: /there is one already/ });
  const back = { from: there.place, to: join(state.directory, "back.kv") };
  await takeLead(there.place.etcd);
  await assert.rejects(copyContents(back, deps), { kind: "locked", message: /a daemon on alpha/ });
  await there.leave();
  await assert.rejects(copyContents({ ...back, to: state.path }, deps), { message: /it exists already/ });
  const nowhere = { ...back, to: join(state.directory, "no", "where") };
  await assert.rejects(copyContents(nowhere, deps), {
    kind: "unusable",
    message: /there is no folder .*\/no;/,
  });
  const missing = { from: join(state.directory, "none.kv"), to: etcdPlace().place };
  await assert.rejects(copyContents(missing, deps), { message: /there is no file .*none\.kv/ });
  await assert.rejects(copyContents({ ...back, from: etcdPlace().place }, deps), {
    message: /there is no state in etcd:/,
  });
});

Deno.test("a copy into etcd that is interrupted anywhere is whole or leaves nothing, and can be made again", async () => {
  await using state = await temporaryState();
  await filledFile(state.path);
  for (let last = 0; last < 12; last++) {
    const there = etcdPlace();
    let requests = 0;
    there.etcd.plan = ({ method }) =>
      method === "transact" && ++requests > last ? { end: "unreachable" } : {};
    const cut = copyContents({ from: state.path, to: there.place }, deps);
    let isOver = false;
    cut.finally(() => isOver = true).catch(() => {});
    while (!isOver) await clock.advance(100).then(() => new Promise((resolve) => setTimeout(resolve, 1)));
    const isWhole = await cut.then(() => true, () => false);
    there.etcd.plan = () => ({});
    if (!isWhole) await copyContents({ from: state.path, to: there.place }, deps).catch(() => {});
    const { nodes } = (await contentsInEtcd(there)).contents;
    assert.equal(nodes.length, 2_000, `after ${last} transactions`);
  }
});

Deno.test("what an interrupted copy has left in etcd is no state: it is not backed up, and the message says what to do", async () => {
  await using state = await temporaryState();
  await filledFile(state.path);
  const { etcd, place } = etcdPlace();
  let writes = 0;
  place.etcd.transact = (transaction) =>
    ++writes > 2
      ? Promise.reject(new EtcdError("refused", "no"))
      : Promise.resolve(etcd.server.transact(transaction));
  await assert.rejects(copyContents({ from: state.path, to: place }, deps));
  const target = join(state.directory, "half.kv");
  const interrupted = {
    kind: "unusable",
    message:
      `there is no state in ${address} yet: writing it was interrupted; repeat the copy, or start a daemon for a new pool`,
  };
  await assert.rejects(backupState(place, { target, now: clock.now() }), interrupted);
  await assert.rejects(copyContents({ from: place, to: target }, deps), interrupted);
  await assert.rejects(checkState(place, deps), interrupted);
  await assert.rejects(exportState(place, { write() {}, clock }), interrupted);
  writes = -Infinity;
  assert.deepEqual(await restoreState(place, { backup: state.path, clock }), { replaced: null });
  assert.equal((await checkState(place, deps)).counts["node"], 2_000);
});

Deno.test("a backup of a state in etcd is of one moment, while its leader writes all the time", async () => {
  await using state = await temporaryState();
  const there = etcdPlace();
  const store = await openAsLeader(there.etcd.client("leader"), deps);
  await store.load();
  let next = 1;
  const addPair = () => {
    const nodes = [next++, next++].map((id) => ({ previous: null, next: nodeRecord({ id }) }));
    return store.commit({ nodes });
  };
  while (next < 6_000) await addPair();
  let pages = 0;
  there.etcd.plan = ({ client, method }) => {
    if (client === "command" && method === "range") void addPair();
    // Once etcd forgets the moment in the middle.
    if (client === "command" && ++pages === 3) queueMicrotask(() => there.etcd.server.compact());
    return {};
  };
  const { path, bytes } = await backupState(there.place, { target: state.directory, now: clock.now() });
  there.etcd.plan = () => ({});
  assert.match(path, /\/ci\.kv\.20261128T\d{6}Z$/);
  assert.ok(bytes > 0 && pages > 3);
  const { contents: { nodes } } = await contentsOfFile(path);
  assert.ok(nodes.length >= 5_999 && nodes.length % 2 === 0);
  await store[Symbol.asyncDispose]();
});

Deno.test("a state in etcd is exported, and imported where there is none", async () => {
  await using state = await temporaryState();
  await filledFile(state.path);
  const there = etcdPlace();
  await copyContents({ from: state.path, to: there.place }, deps);
  const lines: string[] = [];
  await exportState(there.place, { write: (line) => void lines.push(line), clock });
  const [elsewhere, file] = [etcdPlace(), join(state.directory, "imported.kv")];
  for (const place of [elsewhere.place, file]) await importState(place, { lines, from: "lines", clock });
  assert.deepEqual(await contentsInEtcd(elsewhere), await contentsInEtcd(there));
  assert.deepEqual(await contentsOfFile(file), await contentsOfFile(state.path));
  await assert.rejects(importState(elsewhere.place, { lines, from: "lines", clock }), {
    message: /there is one already/,
  });
});

Deno.test("a backup is restored in place of a state in etcd, which is kept, and the next leader doubts it", async () => {
  await using state = await temporaryState();
  await filledFile(state.path);
  const there = etcdPlace();
  {
    await using store = await openAsLeader(there.place.etcd, deps);
    await store.commit({ nodes: [5_000, 5_001].map((id) => ({ previous: null, next: nodeRecord({ id }) })) });
  }
  const restoring = () => restoreState(there.place, { backup: state.path, clock });
  await assert.rejects(restoring(), { kind: "locked", message: /a daemon on alpha \(pid 7\) leads/ });
  await there.leave();
  const { replaced } = await restoring();
  assert.match(replaced!, /\/ci\.kv\.replaced-20261128T\d{6}Z$/);
  assert.deepEqual((await contentsOfFile(replaced!)).contents.nodes.map(({ id }) => id), [5_000, 5_001]);
  const restored = await contentsInEtcd(there);
  assert.deepEqual(restored, { ...await contentsOfFile(state.path), doubt: "it was restored from a copy" });
});
