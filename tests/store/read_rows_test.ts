/** What is read straight from the database is what Deno KV reads from it. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { openKvStore } from "../../src/store/open_state.ts";
import { readRowsOf } from "../../src/store/sqlite_source.ts";
import { encodeRecord } from "../../src/store/record_codec.ts";
import { rowSchemas } from "../../src/store/schemas.ts";
import { StateReader } from "../../src/store/state_reader.ts";
import { autoHold, nodeRecord } from "./records.ts";
import { temporaryState } from "./temporary_state.ts";

const nodes = { prefix: ["node"], schema: rowSchemas.nodes };

Deno.test("whatever records and characters there are, all are read as Deno KV reads them, in its order", async () => {
  await using state = await temporaryState();
  {
    await using store = await openKvStore(state.path, { clock: systemClock, random: systemRandom });
    const comments = [
      null,
      "",
      // As bytes, these two are each the UTF-8 of one character.
      "Ã¼",
      "ü",
      "\u0093“quoted”",
      "→ 𝄞",
      "a".repeat(200),
      "é".repeat(900),
      "→".repeat(900),
    ];
    const ids = [
      1,
      2,
      127,
      128,
      255,
      256,
      65_535,
      2 ** 31,
      2 ** 40,
      ...Array.from({ length: 700 }, (_, at) => 1_000 + at),
    ];
    const made = ids.map((id, at) => ({
      previous: null,
      next: nodeRecord({ id, revision: 0, comment: comments[at % comments.length] ?? null }),
    }));
    await store.commit({ nodes: made, jobs: [{ previous: null, next: autoHold({ id: 5 }) }] });
  }
  using kv = await Deno.openKv(state.path);
  const reader = new StateReader(kv, state.path);
  const read = await readRowsOf(state.path, nodes);
  assert.equal(read?.length, 709);
  assert.deepEqual(read, await reader.records({ prefix: ["node"] }, rowSchemas.nodes));
  assert.equal((await readRowsOf(state.path, { prefix: ["job"], schema: rowSchemas.jobs }))?.length, 1);
  assert.deepEqual(await readRowsOf(state.path, { prefix: ["request"], schema: rowSchemas.requests }), []);
});

Deno.test("texts of any length, in ASCII and beyond it, are read as they are", async () => {
  const lengths = [100, 127, 128, 131, 132, 16_000, 16_383, 16_384, 16_389, 30_000];
  for (const character of ["a", "é", "→", "\ufffd"]) {
    await using state = await temporaryState();
    const jobs = lengths.map((length, at) => autoHold({ id: at + 1, job: character.repeat(length) }));
    {
      using kv = await Deno.openKv(state.path);
      for (const job of jobs) await kv.set(["job", job.id], encodeRecord(job));
    }
    assert.deepEqual(await readRowsOf(state.path, { prefix: ["job"], schema: rowSchemas.jobs }), jobs);
  }
});

Deno.test("where a record is not as it should be, nothing is read straight from the database", async () => {
  const whole = nodeRecord({ id: 2 });
  const spoiled = [
    encodeRecord({ ...whole, hostname: 3 }),
    "[3",
    new Uint8Array([1, 2]),
    7n,
    new Deno.KvU64(1n),
    "[99,{}]",
  ];
  for (const value of spoiled) {
    await using state = await temporaryState();
    {
      using kv = await Deno.openKv(state.path);
      await kv.set(["node", 1], encodeRecord(nodeRecord({ id: 1 })));
      assert.equal((await readRowsOf(state.path, nodes))?.length, 1);
      await kv.set(["node", 2], value);
    }
    assert.equal(await readRowsOf(state.path, nodes), null);
  }
  assert.equal(await readRowsOf("/nowhere/state.kv", nodes), null);
});
