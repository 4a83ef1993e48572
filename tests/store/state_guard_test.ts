/** What is done to a state's files while a process has them open. */
import assert from "node:assert/strict";
import { basename } from "node:path";
import { systemRandom } from "../../src/lib/random.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { openKvStore } from "../../src/store/open_state.ts";
import { backupState } from "../../src/store/backup_state.ts";
import { writeState } from "../../src/store/write_state.ts";
import type { Contents } from "../../src/store/store.ts";
import { historyRecord, nodeRecord, nodeRequest, poolSample } from "./records.ts";
import { temporaryState } from "./temporary_state.ts";

const options = { clock: new VirtualClock(), random: systemRandom };

const create = (id: number) => ({ previous: null, next: nodeRecord({ id }) });

/** Another state at the path, of the same size or larger. */
async function writeOther(path: string): Promise<void> {
  await using other = await openKvStore(path, options);
  await other.load();
  await other.commit({ nodes: Array.from({ length: 100 }, (_, index) => create(index + 1)) });
}

const events: readonly { what: string; problem: RegExp; act: (path: string) => Promise<void> }[] = [
  { what: "removed", problem: /the file has been removed/, act: (path) => Deno.remove(path) },
  {
    what: "moved away",
    problem: /the file has been removed/,
    act: (path) => Deno.rename(path, `${path}.away`),
  },
  {
    what: "replaced",
    problem: /it has been replaced by another file/,
    async act(path) {
      await writeOther(`${path}.other`);
      await Deno.rename(`${path}.other`, path);
    },
  },
  {
    what: "emptied",
    problem: /the file has been cut from \d+ to 0 bytes/,
    act: (path) => Deno.truncate(path, 0),
  },
  { what: "cut", problem: /the file has been cut from/, act: (path) => Deno.truncate(path, 4_096) },
  {
    what: "written over",
    problem: /another program has written over it/,
    async act(path) {
      await writeOther(`${path}.other`);
      await Deno.copyFile(`${path}.other`, path);
    },
  },
  {
    what: "left without its log",
    problem: /its write-ahead log has been removed/,
    act: (path) => Deno.remove(`${path}-wal`),
  },
  {
    what: "given another log",
    problem: /its write-ahead log has been replaced by another one/,
    async act(path) {
      await Deno.copyFile(`${path}-wal`, `${path}-log`);
      await Deno.rename(`${path}-log`, `${path}-wal`);
    },
  },
  {
    what: "left with an emptied log",
    problem: /its write-ahead log has been cut/,
    act: (path) => Deno.truncate(`${path}-wal`, 0),
  },
];

/** Whatever was done to the state: the copy has all that was stored, and is taken for the newest in its place. */
async function checkRescued(path: string, copy: string, expected: Contents): Promise<void> {
  assert.equal((await Deno.stat(copy)).mode! & 0o777, 0o600);
  for (const suffix of ["", "-wal", "-shm"]) await Deno.remove(path + suffix).catch(() => {});
  await Deno.rename(copy, path);
  await using store = await openKvStore(path, options);
  assert.equal(store.doubt, null);
  assert.equal(store.isNew, false);
  assert.deepEqual(await store.load(), expected);
  assert.equal(await store.takeIds("node", 1), 8);
  assert.equal(await store.takeIds("request", 1), 1);
}

for (const { what, problem, act } of events) {
  Deno.test(`what was in a state that is ${what} is written beside it`, async () => {
    await using state = await temporaryState();
    let [copy, expected]: [string | null, Contents | null] = [null, null];
    {
      await using store = await openKvStore(state.path, options);
      await store.settle("new");
      assert.equal(await store.takeIds("node", 7), 1);
      const requests = [{ previous: null, next: nodeRequest({ id: 3 }) }];
      await store.commit({ nodes: [1, 2, 7].map(create), requests });
      expected = await store.load();
      assert.equal(await store.rescue(expected), null, "it is where it was");
      await act(state.path);
      await assert.rejects(store.check(), { kind: "gone" });
      copy = await store.rescue(expected);
    }
    assert.ok(copy?.startsWith(`${state.path}.rescued-`), `no copy: ${copy}`);
    await checkRescued(state.path, copy!, expected);
  });

  Deno.test(`a state that is ${what} while it is open is written no more`, async () => {
    await using state = await temporaryState();
    await (await openKvStore(state.path, options))[Symbol.asyncDispose]();
    await using store = await openKvStore(state.path, options);
    await store.load();
    await store.commit({ nodes: [create(1)] });
    await store.check();
    await act(state.path);
    const gone = { name: "StoreError", kind: "gone", message: problem };
    await assert.rejects(store.check(), gone);
    await assert.rejects(store.commit({ nodes: [create(2)] }), gone);
    await assert.rejects(store.takeIds("node", 1), gone);
  });
}

for (const isNoticed of [true, false]) {
  const when = isNoticed ? "" : ", also where that is not noticed before the end";
  Deno.test(`an older copy that is written over an open state stays as it is when that is closed${when}`, async () => {
    await using state = await temporaryState();
    const older = `${state.path}.older`;
    {
      await using store = await openKvStore(state.path, options);
      await store.commit({ nodes: [1, 2, 3].map(create) });
      await backupState(state.path, { target: older, now: 0 });
      let records = (await store.load()).nodes;
      // More than a thousand pages, so that only a part of what is new is in the log.
      for (let round = 0; round < 20; round++) {
        const nodes = Array.from({ length: 100 }, (_, index) => ({
          previous: records[index] ?? null,
          next: nodeRecord({ id: index + 1, comment: `round ${round}` }),
        }));
        records = (await store.commit({ nodes })).nodes.map(({ next }) => next!);
      }
      await Deno.copyFile(older, state.path);
      if (isNoticed) await assert.rejects(store.check(), { kind: "gone" });
    }
    assert.deepEqual(await Deno.readFile(state.path), await Deno.readFile(older));
    await using store = await openKvStore(state.path, options);
    assert.match(store.doubt ?? "", /it was restored from a copy/);
    assert.equal((await store.load()).nodes.length, 3);
  });
}

Deno.test("a state that is replaced between two looks is not written either", async () => {
  await using state = await temporaryState();
  await using store = await openKvStore(state.path, options);
  await Deno.remove(state.path);
  await assert.rejects(store.takeIds("node", 1), { kind: "gone" });
});

Deno.test("a state that cannot be reached for a while, as in a folder without rights, is not taken for a removed one", async () => {
  await using state = await temporaryState();
  const [folder, link] = [`${state.directory}/folder`, `${state.directory}/link`];
  await Deno.mkdir(folder);
  await Deno.symlink(folder, link);
  await using store = await openKvStore(`${link}/state.kv`, options);
  await store.takeIds("node", 1);
  await Deno.remove(link);
  // Unlike a lack of rights, this stops root, too.
  await Deno.symlink(link, link);
  const unreached = { kind: "unusable", message: /it cannot be reached: / };
  await assert.rejects(store.check(), unreached);
  await assert.rejects(store.takeIds("node", 1), unreached);
  assert.equal(await store.rescue(await store.load()), null);
  await Deno.remove(link);
  await Deno.symlink(folder, link);
  await store.check();
  assert.equal(await store.takeIds("node", 1), 2);
});

Deno.test("a state of which only the times were touched is the same", async () => {
  await using state = await temporaryState();
  await using store = await openKvStore(state.path, options);
  await store.takeIds("node", 1);
  await Deno.utime(state.path, new Date(), new Date(Date.UTC(2030, 0)));
  await store.check();
  await store.takeIds("node", 1);
});

Deno.test("a state is the same however much its owner writes", async () => {
  await using state = await temporaryState();
  await using store = await openKvStore(state.path, options);
  // More than a thousand pages: SQLite takes the log into the file, and begins it from its head.
  for (let round = 0; round < 700; round++) {
    await store.takeIds("node", 1);
    await store.check();
  }
  assert.equal(await store.takeIds("node", 1), 701);
});

Deno.test("a copy of a state that was removed has its history and its samples too, and the next start says where it is", async () => {
  await using state = await temporaryState();
  const ended = [1, 2, 3].map((id) => historyRecord(id));
  let [copy, installation]: [string | null, string] = [null, ""];
  {
    await using store = await openKvStore(state.path, options);
    installation = store.installation.id;
    await store.commit({ history: ended });
    await store.addSample(poolSample(7), { since: 0 });
    await Deno.remove(state.path);
    await assert.rejects(store.check());
    copy = await store.rescue(await store.load());
  }
  assert.deepEqual((await Array.fromAsync(Deno.readDir(state.directory))).map(({ name }) => name).sort(), [
    ".state.kv.witness",
    basename(copy!),
  ]);
  for (let start = 1; start <= 2; start++) {
    await using begun = await openKvStore(state.path, options);
    assert.ok(
      begun.doubt?.endsWith(`installation ${installation}, and a copy of it is ${copy}`),
      `${begun.doubt}`,
    );
  }
  await Deno.rename(copy!, state.path);
  await using store = await openKvStore(state.path, options);
  assert.deepEqual([store.doubt, store.installation.id], [null, installation]);
  assert.deepEqual(await store.listHistory({ limit: 9 }), ended.toReversed());
  assert.deepEqual(await Array.fromAsync(store.samples({ since: 0 })), [poolSample(7)]);
});

Deno.test("a copy that cannot be written whole is not left for one", async () => {
  await using state = await temporaryState();
  const tooMuch = [{ key: ["note"], value: "x".repeat(100_000) }];
  await assert.rejects(
    writeState(`${state.path}.rescued-20300101T000000Z`, { mutations: tooMuch, commits: 1 }),
  );
  assert.deepEqual((await Array.fromAsync(Deno.readDir(state.directory))).map(({ name }) => name), []);
});

Deno.test("a copy that cannot be made says so", async () => {
  await using state = await temporaryState();
  await using store = await openKvStore(state.path, options);
  const contents = await store.load();
  await Deno.rename(state.directory, `${state.directory}.away`);
  await assert.rejects(store.check());
  await assert.rejects(store.rescue(contents), { kind: "unusable", message: /the copy .+ cannot be made/ });
  await Deno.rename(`${state.directory}.away`, state.directory);
});
