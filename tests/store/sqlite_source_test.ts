/** SQLite reads from a state's file what Deno KV reads from it. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { codePoint } from "../code_point.ts";
import { SqliteSource } from "../../src/store/sqlite_source.ts";
import type { StateSource } from "../../src/store/state_source.ts";
import { temporaryState } from "./temporary_state.ts";

const text = fc.oneof(
  fc.string({ unit: codePoint, maxLength: 4 }),
  fc.constantFrom("", "a", "a\0", "a\0b", "é"),
);
const number = fc.oneof(fc.nat(300), fc.nat(), fc.constantFrom(0, 2 ** 40, Number.MAX_SAFE_INTEGER));
const key = fc.array(fc.oneof(text, number), { minLength: 1, maxLength: 3 });
const value = fc.oneof(fc.string({ unit: codePoint, maxLength: 300 }), fc.jsonValue());

async function read(
  source: StateSource,
  selector: Deno.KvListSelector,
  options: { limit?: number; reverse?: boolean },
) {
  return (await Array.fromAsync(source.list(selector, options))).map(({ key, value }) => ({ key, value }));
}

Deno.test("whatever keys and values there are, all that is asked for is the same, in the same order", async () => {
  await using state = await temporaryState();
  using kv = await Deno.openKv(state.path);
  using source = new SqliteSource(state.path);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(key, value), { maxLength: 20 }),
      fc.array(key, { minLength: 2, maxLength: 2 }),
      fc.record({ limit: fc.integer({ min: 1, max: 30 }), reverse: fc.boolean() }, { requiredKeys: [] }),
      async (entries, [one, other], options) => {
        for await (const { key } of kv.list({ prefix: [] })) await kv.delete(key);
        for (const [key, value] of entries) await kv.set(key, value);
        const [prefix] = one!;
        const selectors: Deno.KvListSelector[] = [
          { prefix: [] },
          { prefix: [prefix!] },
          { prefix: [prefix!], start: [prefix!, ...other!] },
          { prefix: [prefix!], end: [prefix!, ...other!] },
        ];
        for (const selector of selectors) {
          assert.deepEqual(await read(source, selector, options), await read(kv, selector, options));
        }
        for (const [key] of [...entries, [one!] as const]) {
          assert.deepEqual((await source.get(key)).value, (await kv.get(key)).value);
        }
        const all = await read(kv, { prefix: [prefix!] }, {});
        const joined = [...source.joined([prefix!])];
        assert.equal(
          joined.map(({ values }) => values.slice(1, -1)).join(),
          all.map(({ value }) => value).join(),
        );
        assert.equal(joined.reduce((sum, { count }) => sum + count, 0), all.length);
      },
    ),
    { numRuns: 60 },
  );
});
