import assert from "node:assert/strict";
import { join } from "node:path";
import { seededRandom } from "../../src/lib/random.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { openKvStore } from "../../src/store/open_state.ts";
import { StoreError } from "../../src/store/store.ts";
import { storeContract } from "../contracts/store_contract.ts";
import { launchPause, nodeRecord, nodeRequest } from "./records.ts";
import { temporaryState } from "./temporary_state.ts";

const options = { clock: new VirtualClock(), random: seededRandom(1) };

storeContract("openKvStore()", async () => {
  const state = await temporaryState();
  const open = () => openKvStore(state.path, options);
  const tested = {
    store: await open(),
    async reopen() {
      await tested.store[Symbol.asyncDispose]();
      tested.store = await open();
    },
    async [Symbol.asyncDispose]() {
      await tested.store[Symbol.asyncDispose]();
      await state[Symbol.asyncDispose]();
    },
  };
  return tested;
});

/** What opening or reading the state at `path` throws. */
async function failure(path: string): Promise<StoreError> {
  try {
    await using store = await openKvStore(path, options);
    await store.load();
    await store.listHistory({ limit: 10 });
  } catch (error) {
    assert.ok(error instanceof StoreError, `${error} is no StoreError`);
    assert.ok(error.message.includes(path), `the path is not named: ${error.message}`);
    return error;
  }
  throw new Error(`${path} could be opened and read`);
}

/** A state with a record of each kind in it. */
async function filledState(path: string): Promise<void> {
  await using store = await openKvStore(path, options);
  await store.settle("new");
  await store.takeIds("node", 200);
  await store.commit({
    nodes: Array.from(
      { length: 200 },
      (_, index) => ({ previous: null, next: nodeRecord({ id: index + 1 }) }),
    ),
    requests: [{ previous: null, next: nodeRequest({ id: 1 }) }],
    pauses: [{ previous: null, next: launchPause() }],
    history: [{ node: nodeRecord({ id: 900 }), endedAt: 5 }],
  });
}

Deno.test("openKvStore() keeps everything, the installation too, when it is opened again", async () => {
  await using state = await temporaryState();
  await filledState(state.path);
  const read = async (seed: number) => {
    await using store = await openKvStore(state.path, { ...options, random: seededRandom(seed) });
    return { ...await store.load(), isNew: store.isNew, installation: store.installation };
  };
  const before = await read(2);
  assert.equal(before.nodes.length, 200);
  assert.equal(before.isNew, false);
  assert.deepEqual(await read(3), before);
});

Deno.test("openKvStore() makes missing directories, and files that only their owner can read", async () => {
  await using state = await temporaryState();
  const path = join(state.directory, "var", "lib", "state.kv");
  await using store = await openKvStore(path, options);
  await store.takeIds("node", 1);
  const mode = async (of: string) => (await Deno.stat(of)).mode! & 0o777;
  assert.equal(await mode(join(state.directory, "var")), 0o700);
  for await (const { name } of Deno.readDir(join(state.directory, "var", "lib"))) {
    assert.equal(await mode(join(state.directory, "var", "lib", name)), 0o600, name);
  }
});

Deno.test("openKvStore() closes a state to others that was open to them", async () => {
  await using state = await temporaryState();
  await filledState(state.path);
  await Deno.chmod(state.path, 0o644);
  await using _store = await openKvStore(state.path, options);
  assert.equal((await Deno.stat(state.path)).mode! & 0o777, 0o600);
});

Deno.test("openKvStore() begins a new state in an empty file, as a process killed early leaves it", async () => {
  await using state = await temporaryState();
  await Deno.writeFile(state.path, new Uint8Array());
  await using store = await openKvStore(state.path, options);
  assert.equal(store.isNew, true);
});

Deno.test("openKvStore() refuses a file that is no database and leaves it as it is", async () => {
  await using state = await temporaryState();
  await Deno.writeTextFile(state.path, "max-servers: 10\n".repeat(1_000));
  const error = await failure(state.path);
  assert.equal(error.kind, "damaged");
  assert.match(error.message, /not a SQLite database; restore the file from a copy, or move it away/);
  assert.equal(await Deno.readTextFile(state.path), "max-servers: 10\n".repeat(1_000));
});

Deno.test("openKvStore() says what to do where the file is another user's, and everybody's to read and write", async () => {
  await using state = await temporaryState();
  await Deno.writeTextFile(state.path, "", { mode: 0o666 });
  await Deno.chmod(state.path, 0o666);
  const { chmod } = Deno;
  Deno.chmod = () => Promise.reject(new Deno.errors.PermissionDenied("not the owner"));
  try {
    await assert.rejects(openKvStore(state.path, options), {
      kind: "unusable",
      message: /cannot be made readable by its owner alone: permission denied; run this as the daemon's user/,
    });
  } finally {
    Deno.chmod = chmod;
  }
});

Deno.test("openKvStore() refuses a directory", async () => {
  await using state = await temporaryState();
  const error = await failure(state.directory);
  assert.equal(error.kind, "unusable");
  assert.match(error.message, /the file cannot be opened for writing: .*directory/);
});

Deno.test("openKvStore() says what is wrong when no file can be made there", async () => {
  await using state = await temporaryState();
  await Deno.writeTextFile(state.path, "");
  const error = await failure(join(state.path, "state.kv"));
  assert.equal(error.kind, "unusable");
  assert.match(error.message, /its directory cannot be created/);
});

for (const [what, length] of [["to half", 0.5], ["to one page", 4_096], ["within its header", 50]] as const) {
  Deno.test(`openKvStore() refuses a state that is cut ${what} and leaves it as it is`, async () => {
    await using state = await temporaryState();
    await filledState(state.path);
    const whole = await Deno.readFile(state.path);
    const cut = whole.slice(0, length < 1 ? whole.length * length : length);
    await Deno.writeFile(state.path, cut);
    const error = await failure(state.path);
    assert.equal(error.kind, "damaged", error.message);
    assert.deepEqual(await Deno.readFile(state.path), cut);
  });
}

Deno.test("openKvStore() refuses a state with overwritten pages", async () => {
  await using state = await temporaryState();
  await filledState(state.path);
  const bytes = await Deno.readFile(state.path);
  bytes.fill(0xaa, 4_096 * 10, bytes.length);
  await Deno.writeFile(state.path, bytes);
  assert.equal((await failure(state.path)).kind, "damaged");
});

/** Changes the state behind the store's back. */
async function tamper(path: string, change: (kv: Deno.Kv) => Promise<unknown>): Promise<void> {
  using kv = await Deno.openKv(path);
  await change(kv);
}

const node = nodeRecord({ id: 12 });
const damages: Record<string, { key: Deno.KvKey; value: unknown; message: RegExp }> = {
  "a node with a wrong type": {
    key: ["node", 12],
    value: JSON.stringify([1, { ...node, attempt: "3" }]),
    message: /damaged: \["node",12\], attempt: .*restore the file from a copy/,
  },
  "a node in no known phase": {
    key: ["node", 12],
    value: JSON.stringify([1, { ...node, state: { phase: "limbo" } }]),
    message: /\["node",12\], state\.phase: /,
  },
  "a node without a field": {
    key: ["node", 12],
    value: JSON.stringify([1, { ...node, provider: undefined }]),
    message: /\["node",12\], provider: /,
  },
  "a node that is no JSON": { key: ["node", 12], value: "{", message: /\["node",12\] holds no record/ },
  "a node that is no text": { key: ["node", 12], value: 5, message: /\["node",12\] holds no record/ },
  "a broken request": { key: ["request", 3], value: "[1,{}]", message: /\["request",3\], label|id|revision/ },
  "a broken pause": { key: ["pause", "a", "b"], value: "[1,{}]", message: /\["pause","a","b"\], / },
  "a broken history record": { key: ["history", 2, 77], value: "[1,{}]", message: /\["history",2,77\], / },
  "a schema version that is no number": { key: ["schema"], value: "one", message: /\["schema"\]: / },
  "no readable installation": { key: ["installation"], value: "[1,{}]", message: /\["installation"\], id: / },
};
for (const [what, { key, value, message }] of Object.entries(damages)) {
  Deno.test(`openKvStore() names the key of ${what}`, async () => {
    await using state = await temporaryState();
    await filledState(state.path);
    await tamper(state.path, (kv) => kv.set(key, value));
    const error = await failure(state.path);
    assert.equal(error.kind, "damaged", error.message);
    assert.match(error.message, message);
  });
}

Deno.test("openKvStore() refuses a database that is not nodepool's and adds nothing to it", async () => {
  await using state = await temporaryState();
  await tamper(state.path, (kv) => kv.set(["users", 1], { name: "ada" }));
  assert.match((await failure(state.path)).message, /holds \["users",1\] but no schema version/);
  await tamper(state.path, async (kv) => assert.equal((await kv.get(["schema"])).value, null));
});

Deno.test("takeIds() says that the counter is missing rather than begin again", async () => {
  await using state = await temporaryState();
  await filledState(state.path);
  await tamper(state.path, (kv) => kv.delete(["next-id", "node"]));
  await using store = await openKvStore(state.path, options);
  await assert.rejects(store.takeIds("node", 1), /damaged: \["next-id","node"\] is missing/);
});

Deno.test("commit() stops for good once somebody else has written to the state", async () => {
  await using state = await temporaryState();
  await using first = await openKvStore(state.path, options);
  await using second = await openKvStore(state.path, options);
  await first.takeIds("node", 1);
  const refused = { name: "StoreError", kind: "stopped", message: /another process has written/ };
  await assert.rejects(second.takeIds("node", 1), refused);
  await assert.rejects(second.commit({ nodes: [{ previous: null, next: nodeRecord({ id: 1 }) }] }), refused);
  assert.equal(await first.takeIds("node", 1), 2);
});

Deno.test("commit() knows what is stored also where nothing was loaded before", async () => {
  await using state = await temporaryState();
  await filledState(state.path);
  await using store = await openKvStore(state.path, options);
  const { nodes } = await store.commit({
    nodes: [{ previous: nodeRecord({ id: 7 }), next: nodeRecord({ id: 7, comment: "later" }) }],
  });
  assert.equal(nodes[0]!.next!.revision, 2);
});
