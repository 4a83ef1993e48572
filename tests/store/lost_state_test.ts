/** What was done to a state's files while no process had them open, and what the next one makes of it. */
import assert from "node:assert/strict";
import { basename, dirname, join } from "node:path";
import { systemRandom } from "../../src/lib/random.ts";
import { testNeeding } from "../needs.ts";
import { smallDisk } from "../small_disk.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { openKvStore } from "../../src/store/open_state.ts";
import { type Store, StoreError } from "../../src/store/store.ts";
import { nodeRecord } from "./records.ts";
import { type TemporaryState, temporaryState } from "./temporary_state.ts";

const options = { clock: new VirtualClock(), random: systemRandom };

async function addNodes(store: Store, ...ids: readonly number[]): Promise<void> {
  for (const id of ids) await store.commit({ nodes: [{ previous: null, next: nodeRecord({ id }) }] });
}

/** The state and its log, and its witness. */
const filesOf = (path: string) => [path, `${path}-wal`, join(dirname(path), `.${basename(path)}.witness`)];

async function copy(from: string, to: string): Promise<void> {
  for (const [index, file] of filesOf(from).entries()) await Deno.copyFile(file, filesOf(to)[index]!);
}

/** The files as a process leaves them that was killed after it had stored these nodes. */
async function killedState(
  { checkpointed = true, settled = false, ids = [1, 2, 3] } = {},
): Promise<TemporaryState> {
  const state = await temporaryState();
  const made = join(state.directory, "made.kv");
  if (checkpointed) await (await openKvStore(made, options))[Symbol.asyncDispose]();
  await using store = await openKvStore(made, options);
  await store.load();
  if (settled) await store.settle("new");
  await addNodes(store, ...ids);
  await copy(made, state.path);
  return state;
}

/** An empty log is none. */
async function readLog(path: string): Promise<Uint8Array> {
  return await Deno.readFile(`${path}-wal`).catch(() => new Uint8Array());
}

async function refusal(path: string): Promise<StoreError> {
  const before = await Deno.readFile(path).catch(() => null);
  const log = await readLog(path);
  const error = await openKvStore(path, options).then(() => null, (thrown) => thrown);
  assert.ok(error instanceof StoreError, `it was opened: ${error}`);
  assert.equal(error.kind, "damaged");
  assert.ok(error.message.includes("restore the file from a copy, or move it away"), error.message);
  assert.deepEqual(await Deno.readFile(path).catch(() => null), before, "the file was changed");
  assert.deepEqual(await readLog(path), log, "the log was changed");
  return error;
}

async function reopen(path: string) {
  await using store = await openKvStore(path, options);
  const { nodes } = await store.load();
  return { doubt: store.doubt, isNew: store.isNew, ids: nodes.map(({ id }) => id) };
}

for (const checkpointed of [false, true]) {
  const what = checkpointed ? "a state" : "a state whose commits are all in its log";
  Deno.test(`${what} is whole, and without doubt, after kill -9`, async () => {
    await using state = await killedState({ checkpointed });
    assert.deepEqual(await reopen(state.path), { doubt: null, isNew: true, ids: [1, 2, 3] });
    assert.deepEqual(await reopen(state.path), { doubt: null, isNew: true, ids: [1, 2, 3] });
  });
  for (const how of ["emptied", "missing"] as const) {
    Deno.test(`${what} is refused when the file is ${how} beside its log`, async () => {
      await using state = await killedState({ checkpointed });
      if (how === "emptied") await Deno.truncate(state.path, 0);
      else await Deno.remove(state.path);
      assert.match(
        (await refusal(state.path)).message,
        /missing or empty, beside a write-ahead log of \d+ bytes/,
      );
    });
  }

  Deno.test(`${what} is refused when its log is that of another`, async () => {
    await using state = await killedState({ checkpointed, settled: true });
    await using other = await killedState({ checkpointed, settled: true });
    await Deno.copyFile(`${other.path}-wal`, `${state.path}-wal`);
    assert.match(
      (await refusal(state.path)).message,
      /state\.kv-wal, belongs to another state or is damaged/,
    );
  });
}

for (
  const how of [
    "removed",
    "emptied",
    "overwritten from its head",
    "overwritten in the middle",
    "cut",
  ] as const
) {
  const spoil = async (path: string) => {
    const log = `${path}-wal`;
    const bytes = await Deno.readFile(log);
    if (how === "removed") return await Deno.remove(log);
    if (how === "emptied") return await Deno.truncate(log, 0);
    if (how === "cut") return await Deno.truncate(log, Math.floor(bytes.length / 2));
    const from = how === "overwritten in the middle" ? Math.floor(bytes.length / 2) : 0;
    await Deno.writeFile(log, bytes.fill(0xaa, from, from + 200));
  };

  Deno.test(`a state whose log is ${how} is known to be older, until the owner has dealt with it`, async () => {
    await using state = await killedState();
    await spoil(state.path);
    const { doubt, ids } = await reopen(state.path);
    assert.match(doubt ?? "", /it ends with commit \d+, but commit \d+ had been written: .* log was lost/);
    assert.ok(ids.length < 3);
    assert.equal((await reopen(state.path)).doubt, doubt, "the doubt is forgotten with the next opening");
    {
      await using store = await openKvStore(state.path, options);
      await store.settle("doubt");
      assert.equal(store.doubt, null);
    }
    assert.equal((await reopen(state.path)).doubt, null);
  });
}

for (const how of ["removed", "emptied", "overwritten from its head"] as const) {
  Deno.test(`a state whose commits were all in its log is refused when that is ${how}`, async () => {
    await using state = await killedState({ checkpointed: false });
    const log = `${state.path}-wal`;
    if (how === "removed") await Deno.remove(log);
    else if (how === "emptied") await Deno.truncate(log, 0);
    else await Deno.writeFile(log, (await Deno.readFile(log)).fill(0xaa, 0, 32));
    await refusal(state.path);
  });
}

Deno.test("a state restored from a copy is known to be older, however it was copied", async () => {
  await using state = await temporaryState();
  await reopen(state.path);
  const backup = join(state.directory, "backup.kv");
  await Deno.copyFile(state.path, backup);
  {
    await using store = await openKvStore(state.path, options);
    await store.load();
    await addNodes(store, 1);
  }
  await Deno.copyFile(backup, state.path);
  assert.match((await reopen(state.path)).doubt ?? "", /it was restored from a copy/);
});

Deno.test("the state of another installation is not taken for the one that was there", async () => {
  await using state = await temporaryState();
  await using other = await temporaryState();
  await reopen(state.path);
  await reopen(other.path);
  await Deno.rename(other.path, state.path);
  assert.match(
    (await reopen(state.path)).doubt ?? "",
    /it belongs to installation \S+, the last one there to \S+/,
  );
});

Deno.test("a state that is begun where one was before says so, and stays new until the owner has dealt with it", async () => {
  await using state = await temporaryState();
  const first = await reopen(state.path);
  assert.deepEqual(first, { doubt: null, isNew: true, ids: [] });
  await Deno.remove(state.path);
  const { doubt, isNew } = await reopen(state.path);
  assert.equal(isNew, true);
  assert.match(doubt ?? "", /the file was missing or empty; the last state there belonged to installation/);
  {
    await using store = await openKvStore(state.path, options);
    await store.settle("new");
    assert.equal(store.isNew, false);
  }
  assert.deepEqual(await reopen(state.path), { doubt, isNew: false, ids: [] });
});

Deno.test("a state that was begun where one was before is as it was after kill -9", async () => {
  await using state = await temporaryState();
  await reopen(state.path);
  await Deno.remove(state.path);
  await using killed = await temporaryState();
  {
    await using store = await openKvStore(state.path, options);
    await store.load();
    await copy(state.path, killed.path);
  }
  const { doubt, isNew } = await reopen(killed.path);
  assert.equal(isNew, true);
  assert.match(doubt ?? "", /the file was missing or empty; the last state there belonged to installation/);
});

Deno.test("a witness that cannot be read tells nothing", async () => {
  await using state = await temporaryState();
  await reopen(state.path);
  await Deno.writeTextFile(filesOf(state.path)[2]!, "\0".repeat(54));
  assert.equal((await reopen(state.path)).doubt, null);
});

testNeeding(
  ["mount"],
  "a file that is mounted without its folder is refused: its log would go with the container",
  async () => {
    await using state = await temporaryState();
    await (await openKvStore(state.path, options))[Symbol.asyncDispose]();
    const before = await Deno.readFile(state.path);
    await using container = await smallDisk();
    const path = join(container.path, "nodepool.kv");
    await Deno.writeTextFile(path, "");
    const run = (command: string, ...args: string[]) => new Deno.Command(command, { args }).output();
    assert.ok((await run("mount", "--bind", state.path, path)).success);
    try {
      await assert.rejects(openKvStore(path, options), {
        kind: "unusable",
        message: /mount its folder instead/,
      });
    } finally {
      await run("umount", path);
    }
    assert.deepEqual(await Deno.readFile(state.path), before);
  },
);
