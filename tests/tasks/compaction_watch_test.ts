import { equal } from "node:assert/strict";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import { CompactionWatch } from "../../src/tasks/compaction_watch.ts";
import { virtualEtcd } from "../lead/campaigning.ts";

const { signal } = new AbortController();

/** Looks every ten minutes. @returns for how many hours it takes etcd to have forgotten nothing */
async function missingAfter(hours: number, { writes = true, compacts = false }): Promise<number | null> {
  const { clock, etcd } = virtualEtcd();
  const client = etcd.client("one");
  const watch = new CompactionWatch();
  for (let time = 0; time <= hours * HOUR; time += 10 * MINUTE) {
    const revision = etcd.server.revision;
    if (writes) await client.transact({ compares: [], then: [{ put: "x", value: "" }] }, { signal });
    if (compacts && time % HOUR === 0) etcd.server.compact(revision);
    await watch.look(client, { key: "x", now: clock.monotonic(), signal });
    await clock.advance(10 * MINUTE);
  }
  return watch.missingFor === null ? null : watch.missingFor / HOUR;
}

Deno.test("an etcd that forgets nothing is seen after a day, one that compacts itself is not", async () => {
  equal(await missingAfter(24, {}), null);
  equal((await missingAfter(30, {}))! > 26, true);
  equal(await missingAfter(30, { compacts: true }), null);
});

Deno.test("an etcd in which nothing changes has nothing to forget", async () => {
  equal(await missingAfter(60, { writes: false }), null);
});
