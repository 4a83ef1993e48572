import assert from "node:assert/strict";
import type { Mutation } from "../../../src/store/kv_writer.ts";
import { openFileWriter } from "../../../src/store/file_transactions.ts";
import { temporaryState } from "../../store/temporary_state.ts";

/** Every key but the writer's own, with its value. */
async function contents(kv: Deno.Kv): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  for await (const { key, value } of kv.list({ prefix: [] })) {
    if (key[0] !== "commits") found.set(JSON.stringify(key), value);
  }
  return found;
}

/** A database whose transactions fail once so many have gone through, as if the process had ended there. */
function endingAfter(kv: Deno.Kv, transactions: number): Deno.Kv & { readonly hasEnded: boolean } {
  let left = transactions;
  const ending = {
    get hasEnded() {
      return left < 0;
    },
    atomic() {
      if (left-- <= 0) throw new Error("the process has ended");
      return kv.atomic();
    },
  };
  return new Proxy(kv as Deno.Kv & typeof ending, {
    get(target, property) {
      if (property in ending) return Reflect.get(ending, property);
      const value = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** A database of which one transaction fails, as on a disk that is full for a moment. */
function failingOnce(
  kv: Deno.Kv,
  { after, error }: { after: number; error: () => Error },
): Deno.Kv {
  let left = after;
  return new Proxy(kv, {
    get(target, property) {
      const value = Reflect.get(target, property);
      if (property !== "atomic") return typeof value === "function" ? value.bind(target) : value;
      return () => {
        const operation = target.atomic();
        if (left-- === 0) operation.commit = () => Promise.reject(error());
        return operation;
      };
    },
  });
}

function mutations(count: number, value: string | null): Mutation[] {
  return Array.from(
    { length: count },
    (_, index) => ({ key: ["record", index], value: value && `${value} ${index}` }),
  );
}

const old = mutations(500, "old");
/** Removes, replaces and adds, and is too big for one transaction in number and in size. */
const big = [...mutations(250, null), ...mutations(2_200, "new " + "é€".repeat(150)).slice(250)];

function applied(...lists: Mutation[][]): Map<string, unknown> {
  const result = new Map<string, unknown>();
  for (const { key, value } of lists.flat()) {
    if (value === null) result.delete(JSON.stringify(key));
    else result.set(JSON.stringify(key), value);
  }
  return result;
}

Deno.test("KvWriter writes what fits into one transaction without a journal", async () => {
  await using state = await temporaryState();
  using kv = await Deno.openKv(state.path);
  const writer = await openFileWriter(endingAfter(kv, 1), state.path);
  await writer.write(old);
  assert.deepEqual(await contents(kv), applied(old));
});

Deno.test("KvWriter leaves all or nothing of a big write wherever the process ends", async () => {
  let outcomes = "";
  for (let transactions = 0; !outcomes.endsWith("done"); transactions++) {
    await using state = await temporaryState();
    using kv = await Deno.openKv(state.path);
    await (await openFileWriter(kv, state.path)).write(old);
    const ending = endingAfter(kv, transactions);
    const written = await (await openFileWriter(ending, state.path)).write(big).then(() => true, () => false);
    const next = await openFileWriter(kv, state.path);
    const found = await contents(kv);
    const all = found.has('["record",2000]');
    assert.deepEqual(found, all ? applied(old, big) : applied(old), `after ${transactions} transactions`);
    assert.equal(written, all, "what was said to be written is there, and nothing else");
    outcomes += !ending.hasEnded ? "done" : all ? "a" : "n";
    await next.write([{ key: ["record", 1], value: "later" }]);
    assert.equal((await contents(kv)).get('["record",1]'), "later");
    await openFileWriter(kv, state.path);
    assert.equal((await contents(kv)).get('["record",1]'), "later", "an old journal is not applied again");
  }
  assert.match(outcomes, /^n{3,}a{3,}done$/);
});

Deno.test("KvWriter writes nothing more after a big write that broke off", async () => {
  await using state = await temporaryState();
  using kv = await Deno.openKv(state.path);
  const writer = await openFileWriter(endingAfter(kv, 2), state.path);
  await assert.rejects(writer.write(big));
  await assert.rejects(writer.write(old), /the process has ended/);
});

Deno.test("KvWriter goes on wherever a big write fails, once the database works again", async () => {
  for (let after = 0;; after++) {
    await using state = await temporaryState();
    using kv = await Deno.openKv(state.path);
    await (await openFileWriter(kv, state.path)).write(old);
    let failed = false;
    const error = () => {
      failed = true;
      return new TypeError(["the disk is full", "database is locked", "a defect"][after % 3]); // as Deno KV's own are
    };
    const writer = await openFileWriter(failingOnce(kv, { after, error }), state.path);
    const counts = await writer.write(big).then(() => true, () => false);
    if (!failed) {
      assert.ok(after > 6);
      break;
    }
    const { value: last } = await writer.reader.source.get(["record", 2_000]);
    assert.equal(last !== null, counts, "what is read counts");
    await writer.check();
    const expected = counts ? applied(old, big) : applied(old);
    assert.deepEqual(await contents(kv), expected, `after ${after} transactions`);
    await writer.write(big);
    assert.deepEqual(await contents(kv), applied(old, big));
  }
});

Deno.test("what Deno KV cannot take is refused as a defect: the state can still be written", async () => {
  await using state = await temporaryState();
  using kv = await Deno.openKv(state.path);
  const writer = await openFileWriter(kv, state.path);
  const key = ["k".repeat(3_000)];
  await assert.rejects(writer.write([{ key, value: "v" }, { key: ["good"], value: "v" }]), RangeError);
  await writer.check();
  await writer.write([{ key: ["good"], value: "later" }]);
  assert.deepEqual([...await contents(kv)], [['["good"]', "later"]]);
});

Deno.test("KvWriter finishes at its opening what was interrupted while it was being finished", async () => {
  await using state = await temporaryState();
  using kv = await Deno.openKv(state.path);
  await (await openFileWriter(endingAfter(kv, 8), state.path)).write(big);
  for (let attempts = 0; attempts < 3; attempts++) {
    await assert.rejects(openFileWriter(endingAfter(kv, 1), state.path));
  }
  await openFileWriter(kv, state.path);
  assert.deepEqual(await contents(kv), applied(big));
});
