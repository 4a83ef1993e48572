/** Copies, checks and exports of states that processes have open, were killed with, or have closed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { systemRandom } from "../../src/lib/random.ts";
import { backupState, withCopy } from "../../src/store/backup_state.ts";
import { checkState } from "../../src/store/check_state.ts";
import { exportState, importState } from "../../src/store/export_state.ts";
import { errorChain } from "../../src/lib/error_chain.ts";
import { openKvStore } from "../../src/store/open_state.ts";
import { lookAtState } from "../../src/store/look_at_state.ts";
import { restoreState } from "../../src/store/restore_state.ts";
import { damagedState, unusableState } from "../../src/store/state_errors.ts";
import { isStateLocked, lockState } from "../../src/store/state_lock.ts";
import { isUnmade } from "../../src/store/state_witness.ts";
import { type Store, StoreError } from "../../src/store/store.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { nodeRecord, nodeRequest, poolSample } from "./records.ts";
import { temporaryState } from "./temporary_state.ts";

const clock = new VirtualClock(Date.parse("2026-11-28T20:15:00Z"));
const options = { clock, random: systemRandom };

async function addNodes(store: Store, ...ids: readonly number[]): Promise<void> {
  await store.takeIds("node", ids.length);
  await store.commit({ nodes: ids.map((id) => ({ previous: null, next: nodeRecord({ id }) })) });
}

/** Ids of the nodes in a state that nobody has open. */
async function nodesIn(path: string): Promise<number[]> {
  await using store = await openKvStore(path, options);
  return (await store.load()).nodes.map(({ id }) => id);
}

async function kindOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(() => null, (error) => error);
  assert.ok(error instanceof StoreError, String(error));
  return `${error.kind}: ${error.message}`;
}

Deno.test("a backup of a state in use has all that was committed, and goes on nowhere else", async () => {
  await using state = await temporaryState();
  await using store = await openKvStore(state.path, options);
  await store.load();
  await addNodes(store, 1, 2, 3);
  const { path, bytes } = await backupState(state.path, { target: join(state.directory, "b.kv"), now: 0 });
  await addNodes(store, 4);
  assert.deepEqual(await nodesIn(path), [1, 2, 3]);
  assert.ok(bytes > 0);
  assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
  await addNodes(store, 5);
  assert.deepEqual((await store.load()).nodes.map(({ id }) => id), [1, 2, 3, 4, 5]);
});

Deno.test("a backup where an interrupted one has left its part is refused, with what to do", async () => {
  await using state = await temporaryState();
  await (await openKvStore(state.path, options))[Symbol.asyncDispose]();
  const target = join(state.directory, "b.kv");
  await Deno.writeTextFile(`${target}.partial`, "half");
  assert.equal(
    await kindOf(backupState(state.path, { target, now: 0 })),
    `unusable: cannot write ${target}.partial: it exists already; name another file, or remove it first`,
  );
  assert.equal(await Deno.readTextFile(`${target}.partial`), "half");
});

Deno.test("backups of a state that is written all the time are whole", async () => {
  await using state = await temporaryState();
  await using store = await openKvStore(state.path, options);
  await store.load();
  let next = 1;
  let isOver = false;
  const writing = (async () => {
    // Pairs are committed together.
    while (!isOver) await addNodes(store, next++, next++);
  })();
  for (let round = 0; round < 10; round++) {
    const { path } = await backupState(state.path, { target: join(state.directory, `b${round}.kv`), now: 0 });
    const ids = await nodesIn(path);
    assert.deepEqual(ids, ids.map((_, index) => index + 1));
    assert.equal(ids.length % 2, 0);
  }
  isOver = true;
  await writing;
});

Deno.test("a backup takes in the log that a killed process left", async () => {
  await using state = await temporaryState();
  const killed = join(state.directory, "killed.kv");
  {
    await using store = await openKvStore(state.path, options);
    await store.load();
    await addNodes(store, 1, 2);
    for (const suffix of ["", "-wal"]) await Deno.copyFile(state.path + suffix, killed + suffix);
  }
  const { path } = await backupState(killed, { target: join(state.directory, "b.kv"), now: 0 });
  assert.deepEqual(await nodesIn(path), [1, 2]);
});

Deno.test("a backup into a folder is named by the time, and none is written over", async () => {
  await using state = await temporaryState();
  await (await openKvStore(state.path, options))[Symbol.asyncDispose]();
  const folder = await Deno.makeTempDir({ dir: state.directory });
  const to = { target: folder, now: clock.now() };
  const { path } = await backupState(state.path, to);
  assert.equal(path, join(folder, "state.kv.20261128T201500Z"));
  assert.match(await kindOf(backupState(state.path, to)), /^unusable: cannot write .*: it exists already/);
  const missing = join(state.directory, "none.kv");
  assert.match(await kindOf(backupState(missing, to)), /^unusable: there is no file .*none\.kv$/);
  for (const nowhere of [join(state.directory, "no", "where"), `${state.directory}/no/`]) {
    const refused = await kindOf(backupState(state.path, { target: nowhere, now: 0 }));
    assert.match(refused, /^unusable: cannot write .*: there is no folder .*\/no\b.*; make it first/);
  }
  await Deno.writeTextFile(missing, "some other file");
  assert.match(await kindOf(backupState(missing, { target: join(folder, "x"), now: 0 })), /^damaged: /);
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["state.kv.20261128T201500Z"]);
});

Deno.test("a file that is only read stays alone, as it is: checked, exported, backed up, restored from", async () => {
  await using state = await temporaryState();
  const folder = await Deno.makeTempDir({ dir: state.directory });
  const backup = join(folder, "a backup #1?.kv");
  {
    await using store = await openKvStore(state.path, options);
    await store.load();
    await addNodes(store, 1);
    await backupState(state.path, { target: backup, now: 0 });
  }
  const before = await Deno.readFile(backup);
  assert.deepEqual((await checkState(backup, options)).counts.node, 1);
  await exportState(backup, { write: () => {}, clock });
  await backupState(backup, { target: join(state.directory, "second.kv"), now: 0 });
  await restoreState(state.path, { backup, clock });
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["a backup #1?.kv"]);
  assert.deepEqual(await Deno.readFile(backup), before);
});

Deno.test("a file that is not there, and a folder, are called that by check, backup, restore and export", async () => {
  await using state = await temporaryState();
  await (await openKvStore(state.path, options))[Symbol.asyncDispose]();
  const folder = await Deno.makeTempDir({ dir: state.directory });
  const deps = { clock, random: systemRandom };
  for (
    const [path, says] of [
      [join(folder, "nofile"), `unusable: there is no file ${join(folder, "nofile")}`],
      [folder, `unusable: ${folder} is a folder, not the file of a state`],
    ] as const
  ) {
    assert.equal(await kindOf(checkState(path, deps)), says);
    assert.equal(await kindOf(backupState(path, { target: join(state.directory, "b.kv"), now: 0 })), says);
    assert.equal(await kindOf(restoreState(state.path, { backup: path, clock })), says);
    assert.equal(await kindOf(exportState(path, { write: () => {}, clock })), says);
  }
});

Deno.test("what is wrong with a state is said once, in its own name, though a copy of it was read", async () => {
  await using state = await temporaryState();
  (await Deno.openKv(state.path)).close();
  const error = await checkState(state.path, options).catch((error) => error);
  assert.match(errorChain(error), /^the state [^:]* is damaged: the database is empty; [^:]*; see: [^:]*$/);
});

Deno.test("a fault in a copy that is read is told of the state, and a lack of room of the copy", async () => {
  await using state = await temporaryState();
  await (await openKvStore(state.path, options))[Symbol.asyncDispose]();
  const told = async (error: (copy: string) => StoreError) => {
    const work = (copy: string) => Promise.reject(error(copy));
    const said = await kindOf(withCopy(state.path, { now: 0, work }));
    return said.replace(state.path, "STATE").replace(/\/.*nodepool-state-\w+\/state\.kv/, "COPY");
  };
  assert.match(
    await told((copy) => damagedState(copy, "a fault")),
    /^damaged: the state STATE is damaged: a fault;/,
  );
  const full = new Error("database or disk is full");
  assert.equal(
    await told((copy) => unusableState(copy, "it cannot be read", full)),
    "unusable: cannot use the state COPY: it cannot be read: database or disk is full",
  );
});

Deno.test("a restored state is in its place, what was there lies beside it, and the next opening knows", async () => {
  await using state = await temporaryState();
  const target = join(state.directory, "b.kv");
  {
    await using store = await openKvStore(state.path, options);
    await store.load();
    await addNodes(store, 1);
    await store.settle("new");
    await backupState(state.path, { target, now: 0 });
    await addNodes(store, 2, 3);
  }
  // What a restore leaves that was killed.
  await Deno.writeTextFile(`${state.path}.restoring.partial`, "half");
  const { replaced } = await restoreState(state.path, { backup: target, clock });
  assert.equal(replaced, `${state.path}.replaced-20261128T201500Z`);
  assert.deepEqual(await nodesIn(replaced!), [1, 2, 3]);
  const { oddities } = await checkState(state.path, options);
  assert.match(oddities[0]!, /^it may not be the newest: /);
  await using store = await openKvStore(state.path, options);
  assert.match(store.doubt ?? "", /restored from a copy/);
  assert.deepEqual((await store.load()).nodes.map(({ id }) => id), [1]);
});

Deno.test("a restore is refused where a process has the state, and for what is no state; then nothing changes", async () => {
  await using state = await temporaryState();
  const { lockState } = await import("../../src/store/state_lock.ts");
  const backup = join(state.directory, "b.kv");
  {
    await using store = await openKvStore(state.path, options);
    await store.load();
    await addNodes(store, 1);
    await backupState(state.path, { target: backup, now: 0 });
  }
  {
    using _lock = await lockState(state.path, { holder: "nodepool daemon", clock });
    assert.match(await kindOf(restoreState(state.path, { backup, clock })), /^locked: /);
  }
  const wrong = join(state.directory, "wrong");
  for (const contents of ["not a database", ""]) {
    await Deno.writeTextFile(wrong, contents);
    assert.match(await kindOf(restoreState(state.path, { backup: wrong, clock })), /^damaged: /);
  }
  const other = await Deno.openKv(wrong + ".kv");
  await other.set(["somebody", "else"], 1);
  other.close();
  assert.match(
    await kindOf(restoreState(state.path, { backup: wrong + ".kv", clock })),
    /may not be nodepool's/,
  );
  assert.deepEqual(await nodesIn(state.path), [1]);
  const left = [...Deno.readDirSync(state.directory)].map(({ name }) => name);
  assert.deepEqual(left.filter((name) => /restoring|replaced|partial/.test(name)), []);
});

Deno.test("a state that cannot be moved aside keeps its log when a restore fails, and two restores in one second keep both", async () => {
  await using state = await temporaryState();
  const [backup, stamp] = [join(state.directory, "b.kv"), "replaced-20261128T201500Z"];
  await using _store = await openKvStore(state.path, options);
  await backupState(state.path, { target: backup, now: 0 });
  const killed = join(state.directory, "killed.kv");
  const suffixes = ["", "-wal", "-shm"];
  for (const suffix of suffixes) await Deno.copyFile(state.path + suffix, killed + suffix);
  const contents = () => Promise.all(suffixes.map((suffix) => Deno.readFile(killed + suffix)));
  const before = await contents();
  // As a log that cannot be moved, behind an index that can.
  await Deno.mkdir(`${killed}.${stamp}-wal`);
  assert.match(
    await kindOf(restoreState(killed, { backup, clock })),
    /^unusable: .* cannot be put in its place/,
  );
  assert.deepEqual(await contents(), before);
  await Deno.remove(`${killed}.${stamp}-wal`);
  const { replaced } = await restoreState(killed, { backup, clock });
  assert.equal(replaced, `${killed}.${stamp}`);
  assert.match(
    await kindOf(restoreState(killed, { backup, clock })),
    /^unusable: cannot write .* exists already/,
  );
});

Deno.test("the check of a sound state counts its records and finds nothing odd, while a process has it open", async () => {
  await using state = await temporaryState();
  await using store = await openKvStore(state.path, options);
  await store.load();
  await addNodes(store, 1, 2);
  const found = await checkState(state.path, options);
  assert.deepEqual(found.oddities, []);
  assert.equal(found.installation, store.installation.id);
  assert.equal(found.counts["node"], 2);
  assert.equal(found.schema, found.newSchema);
});

Deno.test("the check names each record that cannot be read, and those that do not fit together", async () => {
  await using state = await temporaryState();
  {
    await using store = await openKvStore(state.path, options);
    await store.load();
    await addNodes(store, 1, 2, 3);
    const booting = { phase: "boot", serverId: "s1" } as never;
    await store.commit({
      nodes: [
        { previous: null, next: nodeRecord({ id: 7, parentId: 6, role: "subnode", state: booting }) },
        { previous: null, next: nodeRecord({ id: 8, state: booting }) },
      ],
      requests: [{ previous: null, next: nodeRequest({ id: 1 }) }],
    });
  }
  {
    using kv = await Deno.openKv(state.path);
    await kv.set(["node", 2], "no record");
    await kv.set(["node", 3], '[3,{"id":3}]');
    await kv.set(["node", 5], (await kv.get(["node", 1])).value);
  }
  const { oddities, counts } = await checkState(state.path, options);
  const text = oddities.join("\n");
  assert.match(text, /\["node",2\] holds no record/);
  assert.match(text, /\["node",3\]/);
  assert.match(text, /\["node",5\] holds node 1$/m);
  assert.match(text, /nodes 7, 8 have the same server s1/);
  assert.match(text, /node 7: it is a subnode of node 6, which is gone/);
  assert.match(text, /request 1: the next id to assign is 1/);
  assert.equal(counts["node"], 4);
  assert.ok(!text.includes("nodepool-state-"), "it names the state, not its own copy");
});

Deno.test("what is exported and imported is the same state", async () => {
  await using state = await temporaryState();
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  {
    await using store = await openKvStore(state.path, options);
    await store.load();
    await addNodes(store, 1, 2);
    await store.commit({ history: [{ node: nodeRecord({ id: 9, comment: "grün\n" }), endedAt: 5 }] });
    await exportState(state.path, { write, clock });
  }
  const copy = join(state.directory, "copy.kv");
  await importState(copy, { lines, from: "export.jsonl", clock });
  const again: string[] = [];
  await exportState(copy, { write: (line) => void again.push(line), clock });
  const entries = (all: string[]) => all.slice(1);
  assert.deepEqual(entries(again), entries(lines));
  assert.deepEqual(await nodesIn(copy), [1, 2]);
  assert.match(
    await kindOf(importState(copy, { lines, from: "export.jsonl", clock })),
    /there is one already/,
  );
});

Deno.test("backups, exports and checks have the samples of the last day", async () => {
  await using state = await temporaryState();
  const samples = [100, 101, 105].map(poolSample);
  const [backup, imported] = ["b.kv", "i.kv"].map((name) => join(state.directory, name));
  const lines: string[] = [];
  {
    await using store = await openKvStore(state.path, options);
    for (const sample of samples) await store.addSample(sample, { since: 0 });
    await backupState(state.path, { target: backup!, now: 0 });
    await exportState(state.path, { write: (line) => void lines.push(line), clock });
  }
  await importState(imported!, { lines, from: "export.jsonl", clock });
  for (const path of [state.path, backup!, imported!]) {
    await using store = await openKvStore(path, options);
    assert.deepEqual(await Array.fromAsync(store.samples({ since: 0 })), samples);
  }
  assert.equal((await checkState(state.path, options)).counts["entry of samples"], 3);
  {
    using kv = await Deno.openKv(state.path);
    await kv.set(["sample", 101, 0], '[3,{"minute":101,"groups":[{"of":"planet"}]}]');
  }
  const { oddities, counts } = await checkState(state.path, options);
  assert.match(oddities.join("\n"), /\["sample",101,0\]/);
  assert.equal(counts["entry of samples"], 2);
});

Deno.test("an export that is cut off, edited badly or from a later version is refused, and makes nothing", async () => {
  await using state = await temporaryState();
  const lines: string[] = [];
  await (await openKvStore(state.path, options))[Symbol.asyncDispose]();
  await exportState(state.path, { write: (line) => void lines.push(line), clock });
  const cases: [string[], RegExp][] = [
    [[], /line 1/],
    [["{}", ...lines.slice(1)], /line 1/],
    [lines.slice(0, -1), /cut off/],
    [lines.toSpliced(2, 1), /cut off, or lines are missing/],
    [lines.with(2, "{"), /line 3 /],
    [lines.with(2, '{"key":["x"],"value":true}'), /line 3 /],
    [lines.with(0, lines[0]!.replace(/"schema":\d+/, '"schema":99')), /^newer: /],
  ];
  const copy = join(state.directory, "copy.kv");
  for (const [wrong, message] of cases) {
    assert.match(await kindOf(importState(copy, { lines: wrong, from: "export.jsonl", clock })), message);
    await assert.rejects(Deno.stat(copy), Deno.errors.NotFound);
  }
});

/** A state, and links to it: one in another folder, one to that one. */
async function linkedState() {
  const state = await temporaryState();
  const [real, folder] = [join(state.directory, "disk/pool.kv"), join(state.directory, "lib")];
  const links = [join(folder, "state.kv"), join(state.directory, "again.kv")];
  await Deno.mkdir(folder);
  await Deno.symlink("../disk/pool.kv", links[0]!);
  await Deno.symlink(links[0]!, links[1]!);
  return { ...state, real, links };
}

Deno.test("a state behind links is one state: backed up with its log, guarded, locked once, restored in its place", async () => {
  await using state = await linkedState();
  const [link, again] = state.links as [string, string];
  assert.equal(await isUnmade(link), true);
  const backup = join(state.directory, "b.kv");
  {
    // There was none: the link led nowhere.
    using _lock = await lockState(link, { holder: "a daemon", clock });
    for (const path of [state.real, again]) {
      assert.match(await kindOf(lockState(path, { holder: "another", clock })), /^locked: .*a daemon/);
      assert.equal(await isStateLocked(path), true);
    }
    await using store = await openKvStore(link, options);
    await store.load();
    await addNodes(store, 1, 2);
    await backupState(again, { target: backup, now: 0 });
    assert.equal((await checkState(link, options)).counts["node"], 2);
    await addNodes(store, 3);
    await Deno.remove(`${state.real}-wal`);
    assert.match(await kindOf(store.check()), /^gone: .*write-ahead log has been removed/);
  }
  assert.deepEqual(await nodesIn(backup), [1, 2]);
  await restoreState(link, { backup, clock });
  assert.equal(await Deno.readLink(link), "../disk/pool.kv");
  {
    await using store = (await lookAtState(state.real, options)) ?? await openKvStore(again, options);
    assert.match(String(store.doubt), /restored from a copy/);
  }
  assert.deepEqual(await nodesIn(state.real), [1, 2]);
  assert.deepEqual([...Deno.readDirSync(join(state.directory, "lib"))].map(({ name }) => name), ["state.kv"]);
});

Deno.test("a link that leads to itself is refused", async () => {
  await using state = await temporaryState();
  await Deno.symlink(state.path, state.path);
  assert.match(await kindOf(openKvStore(state.path, options)), /^unusable: .*cannot be opened/);
});
