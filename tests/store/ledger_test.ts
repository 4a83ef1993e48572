import assert from "node:assert/strict";
import fc from "fast-check";
import type { NodeRecord } from "../../src/domain/node.ts";
import { transition } from "../../src/domain/node_transition.ts";
import { LARGEST_ID } from "../../src/domain/record_id.ts";
import { inFlight } from "../../src/lib/in_flight.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { VirtualClock } from "../virtual_clock.ts";
import type { Edit } from "../../src/store/draft.ts";
import type { LedgerChange } from "../../src/store/ledger.ts";
import { Ledger } from "../../src/store/ledger.ts";
import { createMemoryStore } from "../../src/store/memory_store.ts";
import { pauseKey } from "../../src/domain/pair_key.ts";
import type { Commit, Store, TableChanges } from "../../src/store/store.ts";
import { StoreConflictError, StoreError } from "../../src/store/store.ts";
import { loggedLines } from "../lib/logged_lines.ts";
import { arbitraryNode, autoHold, launchPause, nodeRecord, nodeRequest } from "./records.ts";

const clock = new VirtualClock(5_000);

/** A ledger over a store in memory that counts its commits and can be made to wait or to fail. */
async function ledgerOver(nodes: readonly NodeRecord[] = []) {
  const store = createMemoryStore({ clock, random: seededRandom(1) });
  await store.commit({ nodes: nodes.map((next) => ({ previous: null, next })) });
  const commits: Commit[] = [];
  const control = { before: (): Promise<void> => Promise.resolve() };
  const watched: Store = {
    installation: store.installation,
    isNew: store.isNew,
    doubt: store.doubt,
    settle: (what) => store.settle(what),
    check: () => store.check(),
    rescue: (contents) => store.rescue(contents),
    load: () => store.load(),
    saveClock: (record) => store.saveClock(record),
    saveHome: (home) => store.saveHome(home),
    takeIds: (kind, count) => store.takeIds(kind, count),
    addRun: (run, options) => store.addRun(run, options),
    listHistory: (options) => store.listHistory(options),
    getHistory: (id) => store.getHistory(id),
    pruneHistory: (bounds) => store.pruneHistory(bounds),
    listEvents: (options) => store.listEvents(options),
    lastEventBefore: (moment) => store.lastEventBefore(moment),
    pruneEvents: (bounds) => store.pruneEvents(bounds),
    addSample: (sample, options) => store.addSample(sample, options),
    samples: (options) => store.samples(options),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    async commit(commit): Promise<TableChanges> {
      commits.push(commit);
      await control.before();
      return await store.commit(commit);
    },
  };
  return { store, commits, control, ledger: await Ledger.load(watched, { clock }) };
}

Deno.test("Ledger.load() holds everything that the store does", async () => {
  const { store } = await ledgerOver([nodeRecord({ id: 1 }), nodeRecord({ id: 2 })]);
  const pause = launchPause();
  await store.commit({
    requests: [{ previous: null, next: nodeRequest({ id: 9 }) }],
    pauses: [{ previous: null, next: pause }],
  });
  const ledger = await Ledger.load(store, { clock });
  assert.deepEqual([...ledger.nodes], [[1, nodeRecord({ id: 1 })], [2, nodeRecord({ id: 2 })]]);
  assert.deepEqual([...ledger.requests], [[9, nodeRequest({ id: 9 })]]);
  assert.deepEqual([...ledger.pauses], [[pauseKey("cloud-a", "trusty"), pause]]);
  assert.equal(ledger.installation, store.installation);
});

Deno.test("edit() shows records as they are stored, and only then", async () => {
  const { ledger, store, control } = await ledgerOver();
  control.before = () => {
    assert.equal(ledger.nodes.size, 0, "nothing is shown that is not stored");
    return Promise.resolve();
  };
  await ledger.edit((edit) => edit.putNode(nodeRecord({ id: 1, comment: "c".repeat(9_999) })));
  const node = ledger.nodes.get(1);
  assert.equal(node!.revision, 1);
  assert.ok(node!.comment!.length < 1_000, "capped as in the store");
  assert.deepEqual((await store.load()).nodes, [node]);
});

Deno.test("an edit sees that a record has changed since it was read, and those asked for with it go through", async () => {
  const { ledger, commits } = await ledgerOver([nodeRecord({ id: 1 })]);
  const node = ledger.nodes.get(1)!;
  const [first, second, third] = await Promise.allSettled([
    ledger.edit((edit) => edit.putNode({ ...node, comment: "first" })),
    ledger.edit((edit) => {
      edit.putNode(nodeRecord({ id: 3 }));
      if (edit.node(1) !== node) throw new StoreConflictError("node 1 has changed");
      edit.putNode({ ...node, comment: "second" });
    }),
    ledger.edit((edit) => edit.putNode(nodeRecord({ id: 2 }))),
  ]);
  assert.equal(first.status, "fulfilled");
  assert.ok(second.status === "rejected" && second.reason instanceof StoreConflictError);
  assert.equal(third.status, "fulfilled");
  assert.deepEqual([...ledger.nodes.keys()], [1, 2]);
  const { comment, revision } = ledger.nodes.get(1)!;
  assert.deepEqual([comment, revision], ["first", 2]);
  assert.equal(commits.length, 1, "all of them went into one commit");
});

Deno.test("changeNode() of one node by many at once loses none of the changes", async () => {
  const { ledger, commits, store } = await ledgerOver([nodeRecord({ id: 1 })]);
  const results = await Promise.all(
    Array.from(
      { length: 100 },
      () => ledger.changeNode(1, (node) => ({ ...node, attempt: node.attempt + 1 })),
    ),
  );
  assert.equal(ledger.nodes.get(1)!.attempt, 100);
  assert.equal(results[0], ledger.nodes.get(1));
  assert.equal(commits.length, 1);
  assert.deepEqual((await store.load()).nodes, [ledger.nodes.get(1)]);
});

Deno.test("changes asked for while a commit is written go together into the next one", async () => {
  const { ledger, commits, control } = await ledgerOver(
    Array.from({ length: 50 }, (_, index) => nodeRecord({ id: index + 1 })),
  );
  const blocked = Promise.withResolvers<void>();
  control.before = () => blocked.promise;
  const change = (id: number) =>
    ledger.changeNode(id, (node) => transition(node, { type: "sending" }, clock.now()));
  const first = change(1);
  await clock.advance(0);
  const others = Array.from({ length: 49 }, (_, index) => change(index + 2));
  await clock.advance(0);
  assert.deepEqual(commits.map((commit) => commit.nodes!.length), [1]);
  blocked.resolve();
  await Promise.all([first, ...others]);
  assert.deepEqual(commits.map((commit) => commit.nodes!.length), [1, 49]);
});

Deno.test("a commit takes about 400 changes and leaves the others to the next", async () => {
  const { ledger, commits } = await ledgerOver();
  await Promise.all(
    Array.from(
      { length: 1_000 },
      (_, index) => ledger.edit((edit) => edit.putNode(nodeRecord({ id: index + 1 }))),
    ),
  );
  assert.deepEqual(commits.map((commit) => commit.nodes!.length), [400, 400, 200]);
  assert.equal(ledger.nodes.size, 1_000);
});

Deno.test("changeNode() fails alone when its change throws", async () => {
  const { ledger } = await ledgerOver([nodeRecord({ id: 1 }), nodeRecord({ id: 2 })]);
  const [first, second] = await Promise.allSettled([
    ledger.changeNode(1, (node) => transition(node, { type: "active" }, 1)),
    ledger.changeNode(2, (node) => transition(node, { type: "sending" }, 1)),
  ]);
  assert.ok(first.status === "rejected" && first.reason.name === "IllegalTransitionError");
  assert.equal(second.status, "fulfilled");
  assert.deepEqual([ledger.nodes.get(1)!.revision, ledger.nodes.get(2)!.revision], [1, 2]);
});

Deno.test("changeNode() to null removes the node and leaves its last record in the history", async () => {
  const { ledger } = await ledgerOver([nodeRecord({ id: 1 })]);
  const [, removed, late] = await Promise.all([
    ledger.changeNode(1, (node) => ({ ...node, comment: "its job is over" })),
    ledger.changeNode(1, () => null),
    ledger.changeNode(1, () => assert.fail("called for a node that is gone")),
  ]);
  assert.deepEqual([removed, late, ledger.nodes.size], [null, null, 0]);
  const record = await ledger.getHistory(1);
  assert.equal(record!.node.comment, "its job is over");
  assert.equal(record!.endedAt, clock.now());
});

Deno.test("edit() that removes nodes leaves a history record of each, with its last record", async () => {
  const { ledger } = await ledgerOver([nodeRecord({ id: 1 }), nodeRecord({ id: 2 })]);
  await ledger.edit((edit) => {
    edit.putNode({ ...edit.node(1)!, attempt: 7 });
    for (const id of [1, 2, 1]) edit.removeNode(id);
  });
  const history = await ledger.listHistory({ limit: 10 });
  const told = history.map(({ node, endedAt }) => [node.id, node.attempt, endedAt]);
  assert.deepEqual(told, [[2, 0, clock.now()], [1, 7, clock.now()]]);
});

Deno.test("a record that is put back unchanged is not written", async () => {
  const { ledger, commits } = await ledgerOver([nodeRecord({ id: 1 })]);
  const node = await ledger.changeNode(1, (current) => current);
  assert.deepEqual([node, commits], [nodeRecord({ id: 1 }), []]);
});

Deno.test("a record that only the caps make what it is already is not written, and others with it are", async () => {
  const { ledger, commits } = await ledgerOver([nodeRecord({ id: 1 }), nodeRecord({ id: 2 })]);
  const waitingOn = { reason: "capacity", message: "\x1b" + "m".repeat(5_000), since: 7 } as const;
  const put = () =>
    ledger.edit((edit) => {
      edit.putNode({ ...edit.node(1)!, waitingOn });
      edit.putRequest({ ...(edit.request(5) ?? nodeRequest({ id: 5 })), waitingOn });
    });
  await put();
  assert.equal(ledger.nodes.get(1)!.waitingOn!.message, "m".repeat(1_499) + "…");
  assert.equal(commits.length, 1);
  await put();
  assert.equal(commits.length, 1);
  await ledger.edit((edit) => {
    edit.putNode({ ...edit.node(1)!, waitingOn });
    edit.putNode({ ...edit.node(2)!, waitingOn });
    edit.putRequest({ ...edit.request(5)!, waitingOn: { ...waitingOn, since: 8 } });
  });
  assert.deepEqual(commits[1]!.nodes!.map(({ next }) => next!.id), [2]);
  assert.equal(ledger.requests.get(5)!.waitingOn!.since, 8);
});

Deno.test("edit() changes records of several kinds together or, when it throws, none", async () => {
  const { ledger, commits } = await ledgerOver([nodeRecord({ id: 1 })]);
  const pause = launchPause();
  const given = await ledger.edit((edit) => {
    edit.putRequest(nodeRequest({ id: 5, nodes: [1] }));
    edit.putNode({ ...edit.node(1)!, requestId: 5 });
    edit.putPause(pause);
    assert.deepEqual([edit.request(5)!.nodes, edit.pause("cloud-a", "trusty")], [[1], pause]);
    return "granted";
  });
  assert.equal(given, "granted");
  assert.deepEqual([ledger.nodes.get(1)!.requestId, ledger.requests.size, ledger.pauses.size], [5, 1, 1]);
  const broken = ledger.edit((edit) => {
    edit.removeRequest(5);
    edit.removeNode(1);
    edit.clearPause("cloud-a", "trusty");
    throw new RangeError("no such zone");
  });
  await assert.rejects(broken, RangeError);
  assert.deepEqual([ledger.nodes.size, ledger.requests.size, ledger.pauses.size], [1, 1, 1]);
  assert.equal(commits.length, 1);
  await ledger.edit((edit) => {
    edit.removeRequest(5);
    edit.clearPause("cloud-a", "trusty");
  });
  assert.deepEqual([ledger.nodes.size, ledger.requests.size, ledger.pauses.size], [1, 0, 0]);
});

Deno.test("an edit goes through all records as they are at that moment, its own changes included", async () => {
  const { ledger } = await ledgerOver([1, 2, 3].map((id) => nodeRecord({ id })));
  const seen = (edit: Edit) => edit.nodes().map(({ id, attempt }) => [id, attempt]).sort();
  const [first, broken, last] = await Promise.allSettled([
    ledger.edit((edit) => {
      edit.removeNode(2);
      edit.putNode({ ...edit.node(3)!, attempt: 5 });
      edit.putNode(nodeRecord({ id: 4 }));
      for (const node of edit.nodes()) edit.putNode({ ...node, attempt: node.attempt + 1 });
      return seen(edit);
    }),
    ledger.edit((edit) => {
      edit.removeNode(1);
      throw new RangeError("no such zone");
    }),
    ledger.edit((edit) => {
      edit.putJob(autoHold({ id: 9 }));
      return [...seen(edit), edit.jobs().map(({ id }) => id)];
    }),
  ]);
  const changed = [[1, 1], [3, 6], [4, 1]];
  assert.deepEqual(first, { status: "fulfilled", value: changed });
  assert.equal(broken.status, "rejected");
  assert.deepEqual(last, { status: "fulfilled", value: [...changed, [9]] });
  assert.deepEqual([ledger.nodes.size, ledger.jobs.get(9)], [3, autoHold({ id: 9 })]);
  await ledger.edit((edit) => edit.removeJob(9));
  assert.equal(ledger.jobs.size, 0);
});

Deno.test("edit() changes the latest record of a request, and removes it", async () => {
  const { ledger } = await ledgerOver();
  await ledger.edit((edit) => edit.putRequest(nodeRequest({ id: 1 })));
  await ledger.edit((edit) => edit.putRequest({ ...edit.request(1)!, nodes: [4] }));
  const granted = ledger.requests.get(1)!;
  assert.deepEqual([granted.nodes, granted.revision], [[4], 2]);
  await ledger.edit((edit) => edit.removeRequest(1));
  assert.equal(ledger.requests.get(1), undefined);
  assert.equal(await ledger.edit((edit) => edit.request(1)), null);
});

Deno.test("what the store cannot write fails its callers, is not shown, and does not stop the next", async () => {
  const { ledger, control } = await ledgerOver([nodeRecord({ id: 1 })]);
  const full = new StoreError("unusable", "cannot write the state: disk full");
  control.before = () => Promise.reject(full);
  const change = () => ledger.changeNode(1, (node) => ({ ...node, attempt: 4 }));
  await assert.rejects(change(), full);
  assert.equal(ledger.nodes.get(1)!.attempt, 0);
  control.before = () => Promise.resolve();
  assert.equal((await change())!.attempt, 4);
});

Deno.test("subscribe() tells on behalf of no work: a commit may be of many", async () => {
  const { ledger } = await ledgerOver([nodeRecord({ id: 1 })]);
  const abouts: unknown[] = [];
  using _subscription = ledger.subscribe(() => void abouts.push(inFlight.about));
  const work = { what: "login", about: { node: 1 } };
  await inFlight.run(work, clock, () => ledger.changeNode(1, (node) => ({ ...node, attempt: 1 })));
  assert.deepEqual(abouts, [null]);
});

Deno.test("subscribe() tells each commit with the records before and after, until it is disposed", async () => {
  const { ledger } = await ledgerOver([nodeRecord({ id: 1 })]);
  const told: LedgerChange[] = [];
  {
    using _subscription = ledger.subscribe((change) => {
      told.push(change);
      assert.equal(ledger.nodes.get(1)!.attempt, 2, "memory is up to date by then");
    });
    await Promise.all([
      ledger.changeNode(1, (node) => ({ ...node, attempt: 1 })),
      ledger.changeNode(1, (node) => ({ ...node, attempt: 2 })),
    ]);
  }
  await ledger.changeNode(1, (node) => ({ ...node, attempt: 3 }));
  assert.deepEqual(told, [{
    nodes: [{ previous: nodeRecord({ id: 1 }), next: nodeRecord({ id: 1, attempt: 2, revision: 2 }) }],
    requests: [],
    dibImages: [],
    images: [],
    jobs: [],
    pauses: [],
    orders: [],
    history: [],
    events: [],
    writeTime: 0,
  }]);
});

Deno.test("a listener that throws ends nothing: the others hear, the edits are stored, the log says where", async () => {
  const { ledger, store } = await ledgerOver([nodeRecord({ id: 1 })]);
  const heard: number[] = [];
  using _before = ledger.subscribe(({ nodes }) => void heard.push(nodes.length));
  using _broken = ledger.subscribe(() => {
    throw new Error("this listener is broken");
  });
  using _after = ledger.subscribe(({ nodes }) => void heard.push(nodes.length));
  const lines = await loggedLines(async () => {
    for (const attempt of [1, 2]) await ledger.changeNode(1, (node) => ({ ...node, attempt }));
    await new Promise<void>((resolve) => setImmediate(() => resolve()));
  });
  assert.deepEqual(heard, [1, 1, 1, 1]);
  assert.equal((await store.load()).nodes[0]!.attempt, 2);
  assert.deepEqual(lines.map(({ message }) => message.join("")), [
    "defect in a listener for state changes: this listener is broken",
  ]);
});

Deno.test("one that is told of failures and throws hides neither the failure nor the error of who writes", async () => {
  const { ledger, control } = await ledgerOver([nodeRecord({ id: 1 })]);
  const heard: string[] = [];
  using _broken = ledger.subscribeFailures(() => {
    throw new Error("this listener is broken");
  });
  using _after = ledger.subscribeFailures(() => void heard.push("failure"));
  const full = new StoreError("unusable", "cannot write the state: disk full");
  control.before = () => Promise.reject(full);
  await loggedLines(() => assert.rejects(ledger.changeNode(1, (node) => ({ ...node, attempt: 4 })), full));
  assert.deepEqual([heard, ledger.failure], [["failure"], full]);
});

Deno.test("until() looks again when a commit cannot be stored", async () => {
  const { ledger, control } = await ledgerOver([nodeRecord({ id: 1 })]);
  const full = new StoreError("unusable", "cannot write the state: disk full");
  control.before = () => Promise.reject(full);
  const failure = ledger.until(() => ledger.failure, { signal: AbortSignal.timeout(5_000) });
  await assert.rejects(ledger.changeNode(1, (node) => ({ ...node, attempt: 4 })), full);
  assert.equal(await failure, full);
});

Deno.test("skipIds() gives out no id that is in use elsewhere, and changes nothing where none is", async () => {
  const { ledger } = await ledgerOver();
  await ledger.skipIds("node", 812);
  assert.equal(await ledger.takeIds("node", 1), 813);
  await ledger.skipIds("node", 5);
  assert.ok(await ledger.takeIds("node", 1) > 813);
});

Deno.test("skipIds() never goes beyond the largest id", async () => {
  const { ledger } = await ledgerOver();
  await ledger.skipIds("node", Number.MAX_SAFE_INTEGER);
  assert.equal(ledger.nextId("node"), LARGEST_ID + 1);
});

Deno.test("beginRun() records the run with the ids that it can give out, and keeps the newest thousand", async () => {
  const { ledger, store } = await ledgerOver();
  await ledger.beginRun({ id: "first", startedAt: 1 });
  const id = await ledger.takeIds("node", 4);
  assert.equal(ledger.lineage.runOf("node", id), "first");
  const run = await ledger.beginRun({ id: "second", startedAt: 2 });
  assert.deepEqual(run, { number: 2, id: "second", startedAt: 2, firstIds: { node: 5, image: 1 } });
  for (let count = 0; count < 1_000; count++) await ledger.beginRun({ id: `later ${count}`, startedAt: 3 });
  const { runs } = await store.load();
  assert.deepEqual([runs.length, runs[0]!.id, runs.at(-1)!.number], [1_000, "later 0", 1_002]);
  assert.deepEqual(ledger.runs, runs);
});

Deno.test("a disposed ledger has stored what was asked for and takes nothing more", async () => {
  const { ledger, store } = await ledgerOver();
  const written = ledger.edit((edit) => edit.putNode(nodeRecord({ id: 1 })));
  await ledger[Symbol.asyncDispose]();
  assert.equal((await store.load()).nodes.length, 1);
  await written;
  // Whoever asked over a socket goes on to the next daemon.
  await assert.rejects(ledger.changeNode(1, (node) => ({ ...node, attempt: 1 })), { kind: "stopped" });
});

Deno.test("records stay those of the store through any changes", async () => {
  const edits = fc.array(fc.record({ id: fc.integer({ min: 1, max: 6 }), fields: fc.option(arbitraryNode) }));
  await fc.assert(fc.asyncProperty(fc.array(edits, { maxLength: 5 }), async (rounds) => {
    const { ledger, store } = await ledgerOver([nodeRecord({ id: 1 })]);
    for (const round of rounds) {
      await Promise.all(round.map(({ id, fields }) =>
        ledger.edit((edit) => {
          if (fields === null) edit.removeNode(id);
          else edit.putNode({ ...nodeRecord({ id }), ...fields });
        })
      ));
    }
    const byId = (a: NodeRecord, b: NodeRecord) => a.id - b.id;
    const nodes = [...ledger.nodes.values()].sort(byId);
    assert.deepEqual(nodes, [...(await store.load()).nodes].sort(byId));
  }));
});

/** Values as a cloud, a user or a defect may bring them, each of which a file could not give back. */
const unstorable: Readonly<Record<string, (node: NodeRecord) => object>> = {
  "an infinite time": (node) => ({ ...node, stateSince: Infinity }),
  "a time that is no number": (node) => ({ ...node, retryAt: NaN }),
  "a time beyond all dates": (node) => ({ ...node, hold: { reason: null, owner: null, until: 1e300 } }),
  "a time as a text": (node) => ({ ...node, phaseSince: "2026-11-28" }),
  "a text too long": (node) => ({ ...node, flavorName: "m1".repeat(50_000) }),
  "texts too long together": (node) => ({
    ...node,
    hostKeys: Array.from({ length: 2_000 }, () => "\u0001".repeat(20)),
  }),
  "a number where a text belongs": (node) => ({ ...node, zone: 7 }),
  "a field that is missing": (node) => ({ ...node, label: undefined }),
  "a field that nobody knows": (node) => ({ ...node, secret: "x" }),
  "a fraction of a count": (node) => ({ ...node, attempt: 0.5 }),
  "a state that there is not": (node) => ({ ...node, state: { phase: "lost" } }),
};

for (const [what, spoil] of Object.entries(unstorable)) {
  Deno.test(`an edit with ${what} fails alone: the others of its commit are stored`, async () => {
    const { ledger, store } = await ledgerOver([1, 2, 3].map((id) => nodeRecord({ id })));
    const change = (id: number, next: (node: NodeRecord) => object) =>
      ledger.edit((edit) => {
        edit.putNode(nodeRecord({ id: id + 10 }));
        edit.putNode(next(edit.node(id)!) as NodeRecord);
      });
    const outcomes = await Promise.allSettled([
      change(1, (node) => ({ ...node, attempt: 1 })),
      change(2, spoil),
      change(3, (node) => ({ ...node, attempt: 3 })),
    ]);
    assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
    const { reason } = outcomes[1] as PromiseRejectedResult;
    assert.equal(reason.name, "UnstorableRecordError");
    assert.match(reason.message, /^node 2 cannot be stored: /);
    assert.equal(ledger.failure, null, "the state can be written all the same");
    const { nodes } = await store.load();
    assert.deepEqual(nodes.map(({ id, attempt }) => [id, attempt]), [[1, 1], [2, 0], [3, 3], [11, 0], [
      13,
      0,
    ]]);
    assert.deepEqual([...ledger.nodes.values()].sort((a, b) => a.id - b.id), nodes);
  });
}

Deno.test("an edit that only the store finds it cannot take fails alone: the others of its commit are stored", async () => {
  const ids = Array.from({ length: 300 }, (_, index) => index + 1);
  const { ledger, store, control, commits } = await ledgerOver(ids.map((id) => nodeRecord({ id })));
  const defect = new TypeError("Value too large");
  control.before = () =>
    commits.at(-1)!.nodes!.some(({ next }) => next!.attempt === 7)
      ? Promise.reject(defect)
      : Promise.resolve();
  const told: number[] = [];
  using _subscription = ledger.subscribe(({ nodes }) => void told.push(...nodes.map(({ next }) => next!.id)));
  const outcomes = await Promise.allSettled(
    ids.map((id) => ledger.changeNode(id, (node) => ({ ...node, attempt: id % 100 === 7 ? 7 : 1 }))),
  );
  const refused = ids.filter((id) => outcomes[id - 1]!.status === "rejected");
  assert.deepEqual(refused, [7, 107, 207]);
  assert.equal((outcomes[6] as PromiseRejectedResult).reason, defect);
  assert.equal(ledger.failure, null, "the state can be written all the same");
  const { nodes } = await store.load();
  assert.deepEqual(
    nodes.map(({ id, attempt, revision }) => [id, attempt, revision]).filter(([, attempt]) => !attempt),
    [[7, 0, 1], [107, 0, 1], [207, 0, 1]],
  );
  assert.deepEqual([...ledger.nodes.values()].sort((a, b) => a.id - b.id), nodes);
  assert.deepEqual(told.sort((a, b) => a - b), ids.filter((id) => id % 100 !== 7), "each is told of once");
});

Deno.test("an edit that was formed over one that the store cannot take is formed again without it", async () => {
  const { ledger, store, control, commits } = await ledgerOver([nodeRecord({ id: 1 })]);
  const isBad = () => commits.at(-1)!.nodes!.some(({ next }) => next?.id === 2);
  control.before = () => isBad() ? Promise.reject(new TypeError("Value too large")) : Promise.resolve();
  const seen: number[] = [];
  const outcomes = await Promise.allSettled([
    ledger.edit((edit) => edit.putNode(nodeRecord({ id: 2 }))),
    ledger.edit((edit) => {
      seen.push(edit.nodes().length);
      edit.putNode({ ...edit.node(1)!, attempt: edit.nodes().length });
    }),
  ]);
  assert.deepEqual(outcomes.map(({ status }) => status), ["rejected", "fulfilled"]);
  assert.deepEqual(seen, [2, 1]);
  assert.deepEqual((await store.load()).nodes.map(({ id, attempt }) => [id, attempt]), [[1, 1]]);
});

Deno.test("requests, pauses, clocks and history are let in only as they can be read", async () => {
  const { ledger, store } = await ledgerOver([nodeRecord({ id: 1 })]);
  const before = await store.load();
  const refused = { name: "UnstorableRecordError" };
  await assert.rejects(
    ledger.edit((edit) => edit.putRequest(nodeRequest({ id: 1, deadline: 2 ** 60 }))),
    refused,
  );
  await assert.rejects(ledger.edit((edit) => edit.putPause({ ...launchPause(), until: -Infinity })), refused);
  await assert.rejects(
    ledger.edit((edit) => edit.putPause({ ...launchPause(), label: "x".repeat(2_000) })),
    refused,
  );
  await assert.rejects(
    ledger.edit((edit) => edit.putPause({ ...launchPause(), label: "\0".repeat(1_500) })),
    refused,
  );
  const timeless = await Ledger.load(store, { clock: { now: () => NaN } });
  await assert.rejects(timeless.edit((edit) => edit.removeNode(1)), refused);
  await assert.rejects(ledger.saveClock({ clouds: NaN } as never), refused);
  assert.deepEqual(await store.load(), before);
});

Deno.test("takeIds() gives no id that marks on servers could not carry", async () => {
  const { ledger } = await ledgerOver();
  await ledger.skipIds("node", LARGEST_ID - 2);
  assert.equal(await ledger.takeIds("node", 1), LARGEST_ID - 1);
  await assert.rejects(ledger.takeIds("node", 2), RangeError);
  assert.equal(await ledger.takeIds("node", 1), LARGEST_ID);
  await assert.rejects(ledger.takeIds("node", 1), RangeError);
});
