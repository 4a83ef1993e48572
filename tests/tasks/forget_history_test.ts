import assert from "node:assert/strict";
import { DAY, MINUTE } from "../../src/domain/time.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { Ledger } from "../../src/store/ledger.ts";
import { createMemoryStore } from "../../src/store/memory_store.ts";
import { forgetHistory } from "../../src/tasks/forget_history.ts";
import { TaskRegistry } from "../../src/tasks/task_registry.ts";
import { historyRecord } from "../store/records.ts";
import { VirtualClock } from "../virtual_clock.ts";

const NOW = 100 * DAY;

async function forgetting(limits: { history: number | null; historyNodes: number }, ages: readonly number[]) {
  const clock = new VirtualClock(NOW);
  await using store = createMemoryStore({ clock, random: seededRandom(1) });
  await store.commit({ history: ages.map((age, index) => historyRecord(index + 1, NOW - age)) });
  await using ledger = await Ledger.load(store, { clock });
  await using tasks = new TaskRegistry({ clock, onError: (_task, error) => assert.fail(error as Error) });
  forgetHistory({ ledger, clock, tasks, limits: () => limits });
  tasks.start();
  await clock.advance(MINUTE);
  return (await ledger.listHistory({ limit: 10_000 })).map(({ node }) => node.id);
}

Deno.test("nodes that have been gone for longer than limits.history are forgotten", async () => {
  assert.deepEqual(await forgetting({ history: 14 * DAY, historyNodes: 100 }, [20 * DAY, 15 * DAY, DAY, 0]), [
    4,
    3,
  ]);
});

Deno.test("no more gone nodes than limits.history-nodes are remembered, whatever their age", async () => {
  assert.deepEqual(await forgetting({ history: null, historyNodes: 2 }, [90 * DAY, 3, 2, 1]), [4, 3]);
});

Deno.test("however many there are to forget, a run forgets a part of them and the next ones the rest", async () => {
  const left = await forgetting({ history: DAY, historyNodes: 9_000 }, Array(5_000).fill(2 * DAY));
  assert.ok(left.length > 0 && left.length <= 3_000, String(left.length));
});
