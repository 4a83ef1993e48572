import assert from "node:assert/strict";
import { join } from "node:path";
import type { HistoryRecord, NodeRecord } from "../../src/domain/node.ts";
import type { NodeRequest } from "../../src/domain/request.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { openKvStore } from "../../src/store/open_state.ts";
import type { Migration } from "../../src/store/migrations.ts";
import { migrations, schemaVersion } from "../../src/store/migrations.ts";
import { RECORD_VERSION } from "../../src/store/record_codec.ts";
import {
  clockSchema,
  eventsSchema,
  historySchema,
  orderSchema,
  pauseSchema,
  rowSchemas,
  runSchema,
  sampleSchema,
} from "../../src/store/schemas.ts";
import { historyRecord, nodeRecord, nodeRequest } from "./records.ts";
import { temporaryState } from "./temporary_state.ts";

const options = { clock: new VirtualClock(Date.UTC(2030, 4, 6, 7, 8, 9)), random: seededRandom(1) };

/** A step that puts the same comment onto each node. */
function commenting(comment: string): Migration {
  return {
    summary: `comments ${comment}`,
    async plan(kv) {
      const mutations = [];
      for await (const { key, value } of kv.list({ prefix: ["node"] })) {
        const [version, node] = JSON.parse(value as string);
        mutations.push({
          key,
          value: JSON.stringify([version, { ...node, comment: `${node.comment} ${comment}` }]),
        });
      }
      return mutations;
    },
  };
}

const failing: Migration = {
  summary: "fails",
  plan: () => Promise.reject(new Error("a defect in the step")),
};

async function stateWithNode(path: string): Promise<void> {
  await using store = await openKvStore(path, { ...options, migrations: [] });
  await store.commit({ nodes: [{ previous: null, next: nodeRecord({ id: 1, comment: "first" }) }] });
}

async function comment(path: string, steps: readonly Migration[]): Promise<string | null> {
  await using store = await openKvStore(path, { ...options, migrations: steps });
  return (await store.load()).nodes[0]!.comment;
}

async function copies(directory: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).filter((name) =>
    name.endsWith(".bak")
  );
}

Deno.test("a state of an older schema goes through the missing steps in order, once", async () => {
  await using state = await temporaryState();
  await stateWithNode(state.path);
  assert.equal(await comment(state.path, [commenting("second")]), "first second");
  const three = [commenting("second"), commenting("third"), commenting("fourth")];
  assert.equal(await comment(state.path, three), "first second third fourth");
  assert.equal(await comment(state.path, three), "first second third fourth");
});

Deno.test("a copy of the state as it was is made before the first step, and none without a step", async () => {
  await using state = await temporaryState();
  await stateWithNode(state.path);
  assert.equal(await comment(state.path, []), "first");
  assert.deepEqual(await copies(state.directory), []);
  await comment(state.path, [commenting("second"), commenting("third")]);
  const names = await copies(state.directory);
  assert.deepEqual(names, ["state.kv.v1-20300506T070809Z.bak"]);
  const copy = join(state.directory, names[0]!);
  assert.equal((await Deno.stat(copy)).mode! & 0o777, 0o600);
  assert.equal(await comment(copy, []), "first");
});

Deno.test("what a start has left that was killed while it copied is removed by the next one", async () => {
  await using state = await temporaryState();
  await stateWithNode(state.path);
  for (const time of ["20300101T000000Z", "20300101T000002Z"]) {
    for (const end of ["", "-wal", ".alone"]) {
      await Deno.writeTextFile(`${state.path}.v1-${time}.bak.partial${end}`, "half");
    }
  }
  await comment(state.path, [commenting("second")]);
  const names = await Array.fromAsync(Deno.readDir(state.directory), ({ name }) => name);
  assert.deepEqual(names.filter((name) => name.includes(".bak")), ["state.kv.v1-20300506T070809Z.bak"]);
});

Deno.test("a step that fails leaves the state as the step before it had made it", async () => {
  await using state = await temporaryState();
  await stateWithNode(state.path);
  await assert.rejects(comment(state.path, [commenting("second"), failing]), /a defect in the step/);
  assert.equal(await comment(state.path, [commenting("not run again")]), "first second");
});

Deno.test("one copy is made of a state whose next step fails at each start, also where that is killed in it", async () => {
  await using state = await temporaryState();
  await stateWithNode(state.path);
  const clock = new VirtualClock(options.clock.now());
  const start = async (steps: readonly Migration[]) => {
    await clock.advance(10_000);
    const opened = openKvStore(state.path, { ...options, clock, migrations: steps });
    await assert.rejects(opened, /a defect in the step/);
  };
  for (let attempt = 0; attempt < 3; attempt++) await start([failing]);
  assert.equal((await copies(state.directory)).length, 1);
  // As a process leaves it that was killed while it wrote what does not fit into one transaction.
  for (let attempt = 0; attempt < 3; attempt++) {
    {
      using kv = await Deno.openKv(state.path);
      await kv.atomic().set(["journal", attempt], { key: ["node", 1], value: "x" }).set(
        ["commits"],
        100 + attempt,
      )
        .commit();
    }
    await start([failing]);
  }
  assert.equal((await copies(state.directory)).length, 1);

  // An older program has worked on it meanwhile.
  {
    await using store = await openKvStore(state.path, { ...options, migrations: [] });
    await store.commit({ nodes: [{ previous: null, next: nodeRecord({ id: 2 }) }] });
  }
  for (let attempt = 0; attempt < 3; attempt++) await start([failing]);
  const [, newest] = (await copies(state.directory)).sort();
  assert.equal((await copies(state.directory)).length, 2);
  await using store = await openKvStore(join(state.directory, newest!), { ...options, migrations: [] });
  assert.equal((await store.load()).nodes.length, 2);
});

Deno.test("a state of a newer schema is refused and left as it is", async () => {
  await using state = await temporaryState();
  await stateWithNode(state.path);
  await comment(state.path, [commenting("second")]);
  const before = await Deno.readFile(state.path);
  await assert.rejects(openKvStore(state.path, { ...options, migrations: [] }), {
    name: "StoreError",
    kind: "newer",
    message: /state\.kv was written by a later version of nodepool; use that version/,
  });
  assert.deepEqual(await Deno.readFile(state.path), before);
});

Deno.test("a new state has all the steps behind it", async () => {
  await using state = await temporaryState();
  await using store = await openKvStore(state.path, { ...options, migrations: [failing] });
  assert.equal(store.isNew, true);
  assert.equal(schemaVersion(migrations), migrations.length + 1);
});

Deno.test("a changed form of records is a new version of the state", async () => {
  const form = {
    rowSchemas,
    orderSchema,
    pauseSchema,
    historySchema,
    eventsSchema,
    runSchema,
    clockSchema,
    sampleSchema,
  };
  // In whatever order the keys stand.
  const text = JSON.stringify(form, (_key, value) => {
    if (typeof value === "function") return undefined;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1));
  });
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const found = { version: schemaVersion(migrations), form: new Uint8Array(digest).toHex().slice(0, 16) };
  // An older program would call what it does not know damaged: append a step, raise RECORD_VERSION, put both here.
  assert.deepEqual(found, { version: 3, form: "0b1865b609ea5719" });
  assert.equal(RECORD_VERSION, found.version);
});

Deno.test("a record of a newer version is refused", async () => {
  await using state = await temporaryState();
  await stateWithNode(state.path);
  {
    using kv = await Deno.openKv(state.path);
    await kv.set(["node", 2], JSON.stringify([99, nodeRecord({ id: 2 })]));
  }
  await using store = await openKvStore(state.path, options);
  await assert.rejects(store.load(), { kind: "newer" });
});

Deno.test("a state of version 1 is read as it is now: its nodes are plain ones, and nothing of it is lost", async () => {
  await using state = await temporaryState();
  const [node, ended] = [nodeRecord({ id: 1 }), historyRecord(2)];
  const request = nodeRequest({ id: 1 });
  await using store = await stateOfVersion1(state.path, { node, ended, request });
  const loaded = await store.load();
  assert.deepEqual([loaded.nodes, loaded.requests], [[node], [request]]);
  assert.deepEqual(await store.getHistory(2), ended);
  assert.equal(await store.takeIds("job", 1), 1);
});

Deno.test("of version 2's texts, those that decided something become data: who deleted it, since when it fails", async () => {
  await using state = await temporaryState();
  const waitingOn = { reason: "script", message: "no login", since: 5_000 } as const;
  const prepare = { phase: "prepare", serverId: "s1" } as const;
  const nodes = [
    nodeRecord({ id: 1, state: prepare, attempt: 2, waitingOn }),
    nodeRecord({ id: 2, state: prepare, attempt: 0, waitingOn }),
    nodeRecord({ id: 3, comment: "deleted by ada" }),
    nodeRecord({ id: 4, comment: "its job ended" }),
  ];
  const ended = { ...historyRecord(9), node: { ...historyRecord(9).node, comment: "deleted by command" } };
  {
    await using store = await openKvStore(state.path, { ...options, migrations: migrations.slice(0, 1) });
    await store.commit({ nodes: nodes.map((next) => ({ previous: null, next })), history: [ended] });
  }
  {
    using kv = await Deno.openKv(state.path);
    for await (const { key, value } of kv.list<string>({ prefix: [] })) {
      if (key[0] !== "node" && key[0] !== "history") continue;
      const [, record] = JSON.parse(value);
      await kv.set(key, JSON.stringify([2, { ...record, deletedBy: undefined }]));
    }
  }
  await using store = await openKvStore(state.path, options);
  const loaded = (await store.load()).nodes.toSorted((one, other) => one.id - other.id);
  assert.deepEqual(loaded.map((node) => [node.state, node.deletedBy]).slice(0, 2), [
    [{ ...prepare, failingSince: 5_000 }, null],
    [prepare, null],
  ]);
  assert.deepEqual(loaded.map(({ deletedBy }) => deletedBy), [null, null, "user", null]);
  assert.equal((await store.getHistory(9))?.node.deletedBy, "user");
});

/** What version 1 wrote: without what has been added to nodes and requests since. */
async function stateOfVersion1(
  path: string,
  { node, ended, request }: { node: NodeRecord; ended: HistoryRecord; request: NodeRequest },
) {
  {
    await using store = await openKvStore(path, { ...options, migrations: [] });
    await store.commit({
      nodes: [{ previous: null, next: node }],
      requests: [{ previous: null, next: request }],
    });
    await store.commit({ nodes: [], history: [ended] });
  }
  {
    using kv = await Deno.openKv(path);
    for await (const { key, value } of kv.list<string>({ prefix: [] })) {
      if (key[0] === "next-id" && ["dib-image", "image", "job"].includes(String(key[1]))) {
        await kv.delete(key);
      }
      if (!["node", "request", "history"].includes(String(key[0]))) continue;
      const [, record] = JSON.parse(value);
      await kv.set(key, JSON.stringify([1, older(record)]));
    }
  }
  return await openKvStore(path, options);
}

const ADDED = ["role", "providerImageId", "parentId", "subnodeCount", "assignedAt", "jobEnd", "token"];

function older(record: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(record).filter(([name]) => !ADDED.includes(name));
  return Object.fromEntries(
    kept.map(([name, value]) => [name, name === "node" ? older(value as Record<string, unknown>) : value]),
  );
}
