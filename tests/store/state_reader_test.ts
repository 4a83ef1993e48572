import { deepEqual } from "node:assert/strict";
import { StateReader } from "../../src/store/state_reader.ts";

Deno.test("whoever reads few records has no whole batch of them read", async () => {
  using kv = await Deno.openKv(":memory:");
  for (let id = 1; id <= 5; id++) await kv.set(["node", id], id);
  const batches: (number | undefined)[] = [];
  const watched: Pick<Deno.Kv, "get" | "list"> = {
    get: kv.get.bind(kv),
    list<Value>(selector: Deno.KvListSelector, options?: Deno.KvListOptions) {
      batches.push(options?.batchSize);
      return kv.list<Value>(selector, options);
    },
  };
  const reader = new StateReader(watched, "state.kv");
  const read = async (options?: { limit: number }) =>
    (await Array.fromAsync(reader.entries({ prefix: ["node"] }, options))).length;
  deepEqual([await read({ limit: 2 }), await read({ limit: 3_000 }), await read()], [2, 5, 5]);
  deepEqual(batches, [2, 500, 500]);
});
