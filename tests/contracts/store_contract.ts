/**
 * What every store must do: the same tests over the memory store and the Deno KV store (`tests/store/`). A store
 * that outlives its process is also closed and opened again in between.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { LaunchPause } from "../../src/domain/launch_pause.ts";
import type { HistoryRecord, NodeRecord } from "../../src/domain/node.ts";
import type { PoolEvent } from "../../src/domain/pool_event.ts";
import type { Sample } from "../../src/domain/samples/sample.ts";
import type { NodeRequest } from "../../src/domain/request.ts";
import type { Change, Commit, Store } from "../../src/store/store.ts";
import { StoreConflictError } from "../../src/store/store.ts";
import { everyDibImage, everyImage, everyOrder } from "../store/image_records.ts";
import {
  arbitraryNode,
  arbitraryRequest,
  arbitraryState,
  autoHold,
  historyRecord,
  launchPause,
  nodeRecord,
  nodeRequest,
} from "../store/records.ts";

interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  /** Closes the store and opens what it has kept; null: it keeps nothing. */
  readonly reopen: (() => Promise<void>) | null;
}

/** @param open makes an empty store; `register`: gets each test, which is one of its own by default */
export function storeContract(
  name: string,
  open: () => Promise<StoreUnderTest>,
  register: (name: string, fn: () => Promise<void>) => void = Deno.test,
): void {
  const test = (title: string, run: (tested: StoreUnderTest) => Promise<void>) =>
    register(`${name} ${title}`, async () => {
      await using tested = await open();
      await run(tested);
    });

  test("keeps how clocks stood last", async (tested) => {
    const record = {
      at: 1_000.5,
      wallOffset: -36_000_000,
      clouds: [{ provider: "cloud-a", ahead: 420_000 }],
    };
    await tested.store.saveClock({ ...record, at: 1 });
    await tested.store.saveClock(record);
    await tested.reopen?.();
    assert.deepEqual((await tested.store.load()).clock, record);
  });

  test("keeps where each provider leads to", async (tested) => {
    const home = { provider: "cloud-a", project: "one", region: "RegionOne" };
    const other = { provider: "cloud-b", project: "one", region: null };
    await tested.store.saveHome({ ...home, project: "none" });
    await tested.store.saveHome(home);
    await tested.store.saveHome(other);
    await tested.reopen?.();
    assert.deepEqual((await tested.store.load()).homes, [home, other]);
  });

  test("is new and empty at first", async ({ store }) => {
    assert.equal(store.isNew, true);
    assert.match(store.installation.id, /^[0-9a-f-]{36}$/);
    assert.deepEqual(await store.load(), {
      nodes: [],
      requests: [],
      dibImages: [],
      images: [],
      jobs: [],
      pauses: [],
      orders: [],
      clock: null,
      homes: [],
      runs: [],
      lastEventId: 0,
      nextIds: { "node": 1, "request": 1, "dib-image": 1, "image": 1, "job": 1 },
    });
    assert.deepEqual(await store.listHistory({ limit: 10 }), []);
    assert.equal(await store.getHistory(1), null);
  });

  test("gives a new record revision 1 and raises it with each change", async ({ store }) => {
    const first = (await store.commit({ nodes: [{ previous: null, next: nodeRecord({ id: 1 }) }] }))
      .nodes[0]!.next!;
    assert.equal(first.revision, 1);
    const { nodes } = await store.commit({ nodes: [{ previous: first, next: { ...first, attempt: 7 } }] });
    const second = { ...first, revision: 2, attempt: 7 };
    assert.deepEqual(nodes, [{ previous: first, next: second }]);
    assert.deepEqual((await store.load()).nodes, [second]);
  });

  test("keeps a node of every phase as it is", async ({ store }) => {
    await fc.assert(fc.asyncProperty(arbitraryNode, arbitraryState, async (fields, state) => {
      const next = nodeRecord({ ...fields, state, id: await store.takeIds("node", 1) });
      const { nodes: [created] } = await store.commit({ nodes: [{ previous: null, next }] });
      const { nodes } = await store.load();
      assert.deepEqual(nodes, [{ ...next, revision: 1 }]);
      await store.commit({ nodes: [{ previous: created!.next, next: null }] });
    }));
  });

  test("keeps images of every phase and their orders as they are", async (tested) => {
    const create = <Record>(next: Record) => ({ previous: null, next });
    const { dibImages, images } = await tested.store.commit({
      dibImages: everyDibImage().map(create),
      images: everyImage().map(create),
      orders: everyOrder().map(create),
    });
    await tested.reopen?.();
    const stored = await tested.store.load();
    assert.deepEqual(stored.dibImages, everyDibImage());
    assert.deepEqual(stored.images, everyImage());
    assert.deepEqual(new Set(stored.orders), new Set(everyOrder()));
    await tested.store.commit({
      dibImages: dibImages.map(removal),
      images: images.map(removal),
      orders: everyOrder().map((previous) => ({ previous, next: null })),
    });
    await tested.reopen?.();
    const empty = await tested.store.load();
    assert.deepEqual([empty.dibImages, empty.images, empty.orders], [[], [], []]);
  });

  test("keeps the entries of jobs as they are, and cuts their names as those of nodes", async (tested) => {
    const entry = autoHold({ id: await tested.store.takeIds("job", 1) });
    const long = autoHold({ id: await tested.store.takeIds("job", 1), job: "j".repeat(10_000) });
    const { jobs } = await tested.store.commit({
      nodes: [{ previous: null, next: nodeRecord({ id: 1, job: long.job }) }],
      jobs: [entry, long].map((next) => ({ previous: null, next })),
    });
    await tested.reopen?.();
    const stored = await tested.store.load();
    assert.deepEqual(stored.jobs, [entry, { ...long, job: stored.nodes[0]!.job }]);
    await tested.store.commit({ jobs: jobs.map(removal) });
    await tested.reopen?.();
    assert.deepEqual((await tested.store.load()).jobs, []);
  });

  test("keeps the runs in their order, without those that are to be forgotten", async (tested) => {
    const run = (number: number) => ({
      number,
      id: `run ${number}`,
      startedAt: 1_000 * number,
      firstIds: { node: number, image: 1 },
    });
    await tested.store.takeIds("node", 41);
    for (const number of [1, 2, 3, 9, 10]) await tested.store.addRun(run(number), { forgotten: [] });
    await tested.store.addRun(run(11), { forgotten: [2, 9] });
    await tested.reopen?.();
    const { runs, nextIds } = await tested.store.load();
    assert.deepEqual(runs, [1, 3, 10, 11].map(run));
    assert.equal(nextIds.node, 42);
  });

  test("refuses a change of a record that is at another revision, and writes nothing of the commit", async ({ store }) => {
    const node = nodeRecord({ id: 1 });
    const first = (await store.commit({ nodes: [{ previous: null, next: node }] })).nodes[0]!.next!;
    await store.commit({ nodes: [{ previous: first, next: { ...first, attempt: 1 } }] });
    const before = await store.load();
    const stale: Commit = {
      nodes: [
        { previous: null, next: nodeRecord({ id: 2 }) },
        { previous: first, next: { ...first, attempt: 9 } },
      ],
      requests: [{ previous: null, next: nodeRequest({ id: 1 }) }],
      pauses: [{ previous: null, next: launchPause() }],
      history: [historyRecord(7)],
    };
    await assert.rejects(store.commit(stale), StoreConflictError);
    assert.deepEqual(await store.load(), before);
    assert.equal(await store.getHistory(7), null);
  });

  const node = nodeRecord({ id: 1 });
  const refused: Record<string, Change<NodeRecord>[]> = {
    "a new record where there is one already": [{ previous: null, next: node }],
    "the removal of a record that is not there": [{ previous: nodeRecord({ id: 2 }), next: null }],
    "the removal of a record that has changed since": [{ previous: { ...node, revision: 2 }, next: null }],
    "two changes of one record": [{ previous: node, next: node }, { previous: node, next: null }],
  };
  for (const [what, nodes] of Object.entries(refused)) {
    test(`refuses ${what}`, async ({ store }) => {
      await store.commit({ nodes: [{ previous: null, next: node }] });
      await assert.rejects(store.commit({ nodes }), StoreConflictError);
      assert.deepEqual((await store.load()).nodes, [node]);
    });
  }

  test("writes 400 changes together, and as many removals with their history", async (tested) => {
    const created = await tested.store.commit({ nodes: manyNodes(400) });
    assert.equal((await tested.store.load()).nodes.length, 400);
    await tested.store.commit({
      nodes: created.nodes.map(removal),
      history: created.nodes.map(({ next }) => ({ node: next!, endedAt: 5 })),
    });
    await tested.reopen?.();
    assert.deepEqual((await tested.store.load()).nodes, []);
    assert.deepEqual(endedIds(await tested.store.listHistory({ limit: 5 })), [400, 399, 398, 397, 396]);
    assert.equal((await tested.store.listHistory({ limit: 1_000 })).length, 400);
  });

  test("writes 1,500 big changes together", async (tested) => {
    const console = "a line of a server's console\n".repeat(150);
    const nodes = manyNodes(1_500, { evidence: { ...evidence, console } });
    await tested.store.commit({ nodes });
    await tested.reopen?.();
    const stored = await tested.store.load();
    assert.deepEqual(stored.nodes, nodes.map(({ next }) => next));
  });

  test("cuts long texts, keeping the end of a console, and drops control characters", async (tested) => {
    const next = nodeRecord({
      id: 1,
      comment: "c".repeat(100_000),
      evidence: {
        ...evidence,
        error: "\u001b[31m" + "é".repeat(100_000),
        console: 'x"😀\n'.repeat(50_000) + "end",
      },
    });
    const { nodes: [created] } = await tested.store.commit({
      nodes: [{ previous: null, next }],
      history: [{ node: next, endedAt: 1 }],
    });
    const stored = created!.next;
    assert.ok(stored!.comment!.length < 1_000 && stored!.comment!.startsWith("ccc"));
    assert.ok(stored!.evidence!.error.length < 5_000 && stored!.evidence!.error.startsWith("[31mé"));
    assert.ok(stored!.evidence!.console!.length < 10_000 && stored!.evidence!.console!.endsWith("\nend"));
    await tested.reopen?.();
    assert.deepEqual((await tested.store.load()).nodes, [stored]);
    assert.deepEqual((await tested.store.getHistory(1))!.node.evidence, stored!.evidence);
  });

  test("never gives an id twice, also of removed records and after opening it again", async (tested) => {
    const first = await tested.store.takeIds("node", 3);
    const [second, third] = await Promise.all([
      tested.store.takeIds("node", 1),
      tested.store.takeIds("node", 2),
    ]);
    assert.deepEqual([second, third], [first + 3, first + 4]);
    assert.equal(await tested.store.takeIds("request", 1), first, "each kind has its own ids");
    const { nodes: [node] } = await tested.store.commit({
      nodes: [{ previous: null, next: nodeRecord({ id: third }) }],
    });
    await tested.store.commit({ nodes: [removal(node!)] });
    await tested.reopen?.();
    assert.equal(await tested.store.takeIds("node", 1), first + 6);
  });

  const told = (id: number): PoolEvent => ({
    id,
    at: id * 1_000,
    kind: "node.ready",
    subject: { type: "node", id: 7, name: "trusty-cloud-a-7" },
    labels: { provider: "cloud-a", label: "trusty" },
    message: `node 7 is ready “${id}”`,
  });
  test("keeps samples by minute, those of many groups too, and forgets the oldest", async (tested) => {
    const sampleOf = (minute: number, count: number): Sample => ({
      minute,
      groups: Array.from({ length: count }, (_, index) => ({
        of: "label",
        name: `läbel-${index}`,
        values: [index, 0, -1],
        ...(index % 2 === 0 ? {} : { waits: { seconds: [5, 900], counts: [1, 2] } }),
      })),
    });
    const samples = [[10, 1], [11, 2_000], [14, 3], [15, 40]]
      .map(([minute, count]) => sampleOf(minute!, count!));
    for (const sample of samples) await tested.store.addSample(sample, { since: 0 });
    await tested.reopen?.();
    const kept = async (since: number) => await Array.fromAsync(tested.store.samples({ since }));
    assert.deepEqual(await kept(0), samples);
    assert.deepEqual((await kept(12)).map(({ minute }) => minute), [14, 15]);
    for (let minute = 16; minute < 40; minute++) {
      await tested.store.addSample(sampleOf(minute, 1), { since: minute - 2 });
    }
    assert.deepEqual((await kept(0)).map(({ minute }) => minute), [37, 38, 39]);
  });

  const toldIds = (events: readonly PoolEvent[]) => events.map(({ id }) => id);

  test("keeps events in their order, from an id on and from a time on", async (tested) => {
    await tested.store.commit({ events: [told(1), told(2)] });
    await tested.store.commit({ events: [told(3)] });
    await tested.store.commit({ events: Array.from({ length: 300 }, (_, index) => told(index + 4)) });
    await tested.reopen?.();
    assert.equal((await tested.store.load()).lastEventId, 303);
    const list = async (after: number, limit: number) => await tested.store.listEvents({ after, limit });
    assert.deepEqual((await list(0, 3)).slice(0, 3), [told(1), told(2), told(3)]);
    assert.deepEqual(toldIds(await list(1, 2)).slice(0, 2), [2, 3]);
    assert.deepEqual(toldIds(await list(0, 1_000)), Array.from({ length: 303 }, (_, index) => index + 1));
    assert.deepEqual(await list(303, 10), []);
    for (const id of [1, 2, 3, 4, 77, 303]) {
      assert.equal(await tested.store.lastEventBefore(id * 1_000), id - 1);
      assert.equal(await tested.store.lastEventBefore(id * 1_000 + 1), id);
    }
    assert.equal(await tested.store.lastEventBefore(0), 0);
  });

  test("forgets events by number and by age in batches, but never the newest, so that ids go on", async (tested) => {
    for (let id = 1; id <= 10; id++) await tested.store.commit({ events: [told(id)] });
    const kept = async () => toldIds(await tested.store.listEvents({ after: 0, limit: 100 }));
    assert.equal(await tested.store.pruneEvents({ keep: 6, since: 0, batch: 3 }), true);
    assert.equal(await tested.store.pruneEvents({ keep: 6, since: 0, batch: 3 }), false);
    assert.deepEqual(await kept(), [5, 6, 7, 8, 9, 10]);
    await tested.store.pruneEvents({ keep: 100, since: 8_000, batch: 100 });
    assert.deepEqual(await kept(), [8, 9, 10]);
    await tested.store.pruneEvents({ keep: 0, since: Infinity, batch: 100 });
    await tested.reopen?.();
    assert.deepEqual(await kept(), [10]);
    assert.equal((await tested.store.load()).lastEventId, 10);
  });

  test("stores events whose texts are as long and as odd as can be", async (tested) => {
    const odd = '"\\😀\u2028'.repeat(5_000);
    const events = Array.from({ length: 50 }, (_, index) => ({
      ...told(index + 1),
      labels: { provider: odd, label: odd, job: odd },
      message: odd,
    }));
    await tested.store.commit({ events });
    await tested.reopen?.();
    const stored = await tested.store.listEvents({ after: 0, limit: 100 });
    assert.equal(stored.length, 50);
    assert.ok(stored[0]!.message.length <= 500 && stored[0]!.message.startsWith('"\\😀'));
  });

  const bounds = { keep: 5, endedSince: 0, batch: 100 };

  test("lists history in pages, the newest first, and keeps what is within its bounds", async (tested) => {
    for (const id of [5, 3, 8, 1, 9, 2, 7]) await tested.store.commit({ history: [historyRecord(id)] });
    assert.equal(await tested.store.pruneHistory(bounds), false);
    await tested.reopen?.();
    const list = async (options: { limit: number; before?: number }) =>
      endedIds(await tested.store.listHistory(options));
    assert.deepEqual(await list({ limit: 100 }), [7, 2, 9, 1, 8]);
    assert.deepEqual(await list({ limit: 2 }), [7, 2]);
    assert.deepEqual(await list({ limit: 2, before: 2 }), [9, 1]);
    assert.deepEqual(await list({ limit: 2, before: 8 }), []);
    assert.deepEqual(await list({ limit: 2, before: 3 }), [], "one that was dropped has nothing before it");
    assert.deepEqual(await list({ limit: 0 }), []);
    assert.deepEqual(await tested.store.getHistory(1), historyRecord(1));
    assert.equal(await tested.store.getHistory(5), null);
  });

  test("forgets history by number in batches, the oldest first", async ({ store }) => {
    await store.commit({ history: [historyRecord(1)] });
    await store.commit({ history: [2, 3, 4, 5, 6, 7, 8].map((id) => historyRecord(id)) });
    assert.equal(await store.pruneHistory({ ...bounds, batch: 2 }), true, "there may be more");
    assert.deepEqual(endedIds(await store.listHistory({ limit: 100 })), [8, 7, 6, 5, 4, 3]);
    assert.equal(await store.pruneHistory({ ...bounds, batch: 2 }), false);
    assert.deepEqual(endedIds(await store.listHistory({ limit: 100 })), [8, 7, 6, 5, 4]);
    assert.equal(await store.getHistory(2), null);
  });

  test("forgets history by age, and goes on after it", async (tested) => {
    const history = [1, 2, 3, 4].map((id) => historyRecord(id, id * 1_000));
    await tested.store.commit({ history });
    assert.equal(await tested.store.pruneHistory({ keep: 100, endedSince: 3_000, batch: 100 }), false);
    await tested.reopen?.();
    assert.deepEqual(endedIds(await tested.store.listHistory({ limit: 100 })), [4, 3]);
    await tested.store.pruneHistory({ keep: 0, endedSince: 0, batch: 100 });
    await tested.store.commit({ history: [historyRecord(9)] });
    await tested.reopen?.();
    await tested.store.pruneHistory({ keep: 1, endedSince: 0, batch: 100 });
    assert.deepEqual(endedIds(await tested.store.listHistory({ limit: 100 })), [9]);
  });

  test("does what a plain map would do", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryStep, { maxLength: 25 }), async (steps) => {
        await using tested = await open();
        const model = new Model();
        for (const step of steps) await takeStep(step, { tested, model });
        await compare(tested.store, model);
      }),
      { numRuns: 30 },
    );
  });
}

const evidence = { at: 1, error: "", kind: "ssh", requestId: null, fault: null, console: null };

function manyNodes(count: number, fields: Partial<NodeRecord> = {}): { previous: null; next: NodeRecord }[] {
  return Array.from({ length: count }, (_, index) => ({
    previous: null,
    next: nodeRecord({ ...fields, id: index + 1 }),
  }));
}

function endedIds(records: readonly HistoryRecord[]): number[] {
  return records.map(({ node }) => node.id);
}

/** `pick` chooses among the records there are; a stale change names a revision that is not stored. */
type RecordStep<Fields> =
  | { readonly do: "create"; readonly fields: Fields }
  | { readonly do: "update"; readonly fields: Fields; readonly pick: number; readonly stale: boolean }
  | { readonly do: "remove"; readonly pick: number; readonly stale: boolean };

type Step =
  | { readonly do: "reopen" }
  | {
    readonly do: "commit";
    readonly nodes: readonly RecordStep<Omit<NodeRecord, "id" | "revision">>[];
    readonly requests: readonly RecordStep<Omit<NodeRequest, "id" | "revision">>[];
    readonly pause: { label: string; next: LaunchPause | null } | null;
    readonly endings: number;
  };

/** One in ten, so that most commits go through. */
const stale = fc.nat({ max: 9 }).map((number) => number === 0);

function recordSteps<Fields>(fields: fc.Arbitrary<Fields>): fc.Arbitrary<RecordStep<Fields>[]> {
  const step = fc.oneof(
    fc.record({ do: fc.constant("create"), fields }),
    fc.record({ do: fc.constant("update"), fields, pick: fc.nat(), stale }),
    fc.record({ do: fc.constant("remove"), pick: fc.nat(), stale }),
  );
  return fc.array(step, { maxLength: 4 });
}

const arbitraryStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reopen") }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("commit"),
      nodes: recordSteps(arbitraryNode),
      requests: recordSteps(arbitraryRequest),
      pause: fc.option(fc.record({
        label: fc.constantFrom("trusty", "xenial"),
        next: fc.option(fc.nat().map((failures) => launchPause({ failures }))),
      })),
      endings: fc.nat({ max: 3 }),
    }),
  },
);

class Model {
  nodes = new Map<number, NodeRecord>();
  requests = new Map<number, NodeRequest>();
  pauses = new Map<string, LaunchPause>();
  history: HistoryRecord[] = [];
}

async function takeStep(
  step: Step,
  { tested, model }: { tested: StoreUnderTest; model: Model },
): Promise<void> {
  if (step.do === "reopen") return await tested.reopen?.();
  const nodes = await planChanges(step.nodes, {
    records: model.nodes,
    takeId: () => tested.store.takeIds("node", 1),
  });
  const requests = await planChanges(step.requests, {
    records: model.requests,
    takeId: () => tested.store.takeIds("request", 1),
  });
  const history = Array.from(
    { length: step.endings },
    (_, index) => historyRecord(1_000 + index, model.history.length),
  );
  const pauses = step.pause === null ? [] : [{
    previous: launchPause({ label: step.pause.label }),
    next: step.pause.next && { ...step.pause.next, label: step.pause.label },
  }];
  const written = tested.store.commit({ nodes: nodes.changes, requests: requests.changes, pauses, history });
  if (nodes.stale || requests.stale) return await assert.rejects(written, StoreConflictError);
  await written;
  follow(model.nodes, nodes.changes);
  follow(model.requests, requests.changes);
  for (const { previous: { label }, next } of pauses) {
    if (next === null) model.pauses.delete(label);
    else model.pauses.set(label, next);
  }
  model.history = [...model.history, ...history];
}

/** Of the record that a change has put there. */
function removal<Entity>({ next }: Change<Entity>): Change<Entity> {
  return { previous: next, next: null };
}

interface Identified {
  readonly id: number;
  readonly revision: number;
}

/** At most one change for each record. */
async function planChanges<Entity extends Identified>(
  steps: readonly RecordStep<Omit<Entity, "id" | "revision">>[],
  { records, takeId }: { records: ReadonlyMap<number, Entity>; takeId: () => Promise<number> },
): Promise<{ changes: Change<Entity>[]; stale: boolean }> {
  const changes: Change<Entity>[] = [];
  const untouched = [...records.values()];
  let anyStale = false;
  for (const step of steps) {
    if (step.do === "create") {
      const id = await takeId();
      changes.push({ previous: null, next: { ...step.fields, id, revision: 77 } as unknown as Entity });
      continue;
    }
    const [stored] = untouched.splice(step.pick % Math.max(1, untouched.length), 1);
    if (stored === undefined) continue;
    anyStale ||= step.stale;
    const previous = step.stale ? { ...stored, revision: stored.revision + 1 } : stored;
    changes.push({ previous, next: step.do === "remove" ? null : { ...stored, ...step.fields } });
  }
  return { changes, stale: anyStale };
}

function follow<Entity extends Identified>(records: Map<number, Entity>, changes: Change<Entity>[]): void {
  for (const { previous, next } of changes) {
    if (next === null) records.delete(previous!.id);
    else records.set(next.id, { ...next, revision: (previous?.revision ?? 0) + 1 });
  }
}

async function compare(store: Store, model: Model): Promise<void> {
  const byId = (a: Identified, b: Identified) => a.id - b.id;
  const { nodes, requests, pauses } = await store.load();
  assert.deepEqual([...nodes].sort(byId), [...model.nodes.values()].sort(byId));
  assert.deepEqual([...requests].sort(byId), [...model.requests.values()].sort(byId));
  assert.deepEqual(new Map(pauses.map((pause) => [pause.label, pause])), model.pauses);
  assert.deepEqual(await store.listHistory({ limit: 100 }), model.history.toReversed());
}
