/** The task that measures the pool: what it stores, reads again, and survives. */
import { deepEqual, equal, match } from "node:assert/strict";
import { measures, type Sample, wholePool } from "../../src/domain/samples/sample.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { openKvStore } from "../../src/store/open_state.ts";
import { Ledger } from "../../src/store/ledger.ts";
import { createMemoryStore } from "../../src/store/memory_store.ts";
import { type Store, StoreError } from "../../src/store/store.ts";
import { Sampler } from "../../src/tasks/sampler.ts";
import { TaskRegistry } from "../../src/tasks/task_registry.ts";
import { temporaryState } from "../store/temporary_state.ts";
import { sampleConfig, sampleNode } from "../views/sample_pool.ts";
import { VirtualClock } from "../virtual_clock.ts";

const NOW = Date.UTC(2030, 0, 2, 3, 4, 5);
const config = sampleConfig();

function memoryStore(clock: VirtualClock): Store {
  return createMemoryStore({ clock, random: seededRandom(1) });
}

/** A sampler that runs over the store until it is disposed of. */
async function sampling(clock: VirtualClock, store: Store) {
  const ledger = await Ledger.load(store, { clock });
  const errors: string[] = [];
  const tasks = new TaskRegistry({ clock, onError: (_task, error) => errors.push(String(error)) });
  const sampler = new Sampler({ ledger, clock, tasks, config: () => config });
  tasks.start();
  await clock.advance(0);
  const used = (minutes: number) =>
    sampler.samples.read(wholePool, { now: clock.now(), span: minutes * MINUTE }).used;
  return {
    ledger,
    errors,
    sampler,
    used,
    [Symbol.asyncDispose]: async () => {
      await tasks[Symbol.asyncDispose]();
      sampler[Symbol.dispose]();
      await ledger[Symbol.asyncDispose]();
    },
  };
}

const usedNode = sampleNode({ id: 1, state: { phase: "used", serverId: "s-1" } });

Deno.test("samples of more than a day ago are forgotten in memory and in the state", async () => {
  const clock = new VirtualClock(NOW);
  const store = memoryStore(clock);
  await using running = await sampling(clock, store);
  await clock.advance(30 * HOUR);
  equal(clock.now() - running.sampler.samples.since!, DAY - MINUTE + (clock.now() % MINUTE));
  deepEqual(new Set(running.used(24 * 60)), new Set([0]));
  deepEqual(new Set(running.used(25 * 60).slice(0, 60)), new Set([null]));
  const stored = await Array.fromAsync(store.samples({ since: 0 }));
  deepEqual([stored.length, stored.at(-1)!.minute], [24 * 60, Math.floor(clock.now() / MINUTE)]);
});

Deno.test("a daemon that starts again within a minute adds no second sample of it", async () => {
  const clock = new VirtualClock(NOW);
  const store = memoryStore(clock);
  {
    await using _running = await sampling(clock, store);
  }
  await clock.advance(20 * SECOND);
  await using running = await sampling(clock, store);
  await running.ledger.edit((edit) => edit.putNode(usedNode));
  deepEqual(running.used(1), [0]);
  await clock.advance(MINUTE);
  deepEqual(running.used(2), [0, 1]);
});

Deno.test("samples from a clock that went ahead are left out, and this one's go on", async () => {
  const clock = new VirtualClock(NOW);
  const store = memoryStore(clock);
  const minute = Math.floor(NOW / MINUTE);
  const sample = (at: number): Sample => ({
    minute: at,
    groups: [{ ...wholePool, values: measures.map(() => 9) }],
  });
  for (const at of [minute - 1, minute + 500]) await store.addSample(sample(at), { since: 0 });
  await using running = await sampling(clock, store);
  await clock.advance(MINUTE);
  deepEqual(running.used(3), [9, 0, 0]);
});

Deno.test("a state that cannot be written fails the run, and the next minute is measured", async () => {
  const clock = new VirtualClock(NOW);
  const store = memoryStore(clock);
  await using running = await sampling(clock, store);
  const addSample = store.addSample.bind(store);
  store.addSample = () => Promise.reject(new StoreError("unusable", "no room"));
  await clock.advance(2 * MINUTE);
  match(running.errors.join(), /no room/);
  store.addSample = addSample;
  await clock.advance(2 * MINUTE);
  deepEqual(running.used(5), [0, 0, 0, 0, 0]);
  deepEqual((await Array.fromAsync(store.samples({ since: 0 }))).length, 3);
});

Deno.test("a sample that is damaged costs no more than what comes after it, and is reported once", async () => {
  const clock = new VirtualClock(NOW);
  await using state = await temporaryState();
  const options = { clock, random: seededRandom(1) };
  const minute = Math.floor(NOW / MINUTE);
  {
    await using store = await openKvStore(state.path, options);
    const groups = [{ ...wholePool, values: measures.map(() => 9) }];
    await store.addSample({ minute: minute - 3, groups }, { since: 0 });
  }
  {
    const kv = await Deno.openKv(state.path);
    await kv.set(["sample", minute - 2, 0], "[3,{}]");
    kv.close();
  }
  await using store = await openKvStore(state.path, options);
  const ledger = await Ledger.load(store, { clock });
  const errors: string[] = [];
  const tasks = new TaskRegistry({ clock, onError: (_task, error) => errors.push(String(error)) });
  using sampler = new Sampler({ ledger, clock, tasks, config: () => config });
  tasks.start();
  while (errors.length === 0) await clock.advance(SECOND);
  while (sampler.samples.read(wholePool, { now: clock.now(), span: MINUTE }).used[0] === null) {
    await clock.advance(SECOND);
  }
  equal(errors.length, 1);
  match(errors[0]!, /\["sample",\d+,0\]/);
  await tasks[Symbol.asyncDispose]();
  await ledger[Symbol.asyncDispose]();
});
