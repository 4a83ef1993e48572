/** The stream of events: complete, in order, shared by its readers, and said clearly where some are gone. */
import assert from "node:assert/strict";
import { EventFeed } from "../../src/control/event_feed.ts";
import { SECOND } from "../../src/domain/time.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { Ledger } from "../../src/store/ledger.ts";
import { createMemoryStore } from "../../src/store/memory_store.ts";
import { nodeRecord } from "../store/records.ts";
import { VirtualClock } from "../virtual_clock.ts";

const NOW = Date.UTC(2030, 0, 2, 3, 4, 5);

async function openKit() {
  const clock = new VirtualClock(NOW);
  const resources = new AsyncDisposableStack();
  const store = resources.use(createMemoryStore({ clock, random: seededRandom(1) }));
  const ledger = resources.use(await Ledger.load(store, { clock }));
  const feed = resources.use(new EventFeed({ ledger, clock }));
  let nodes = 0;
  /** An event for each. */
  const launch = (count: number) =>
    ledger.edit((edit) => {
      for (let made = 0; made < count; made++) edit.putNode(nodeRecord({ id: ++nodes }));
    });
  return { clock, store, ledger, feed, launch, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** Reads a stream on and on; `text` is what has come. */
function reading(stream: ReadableStream<Uint8Array>) {
  const reader = stream.getReader();
  const read = { text: "", pieces: [] as Uint8Array[], isOver: false, cancel: () => reader.cancel() };
  const decoder = new TextDecoder();
  void (async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      read.pieces.push(next.value);
      read.text += decoder.decode(next.value, { stream: true });
    }
    read.isOver = true;
  })();
  return read;
}

function idsIn({ text }: { text: string }): number[] {
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!).id);
}

const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, at) => first + at);

Deno.test("an event has an id, a time, a kind, a subject, labels and a message, and its id in the stream", async () => {
  await using kit = await openKit();
  const reader = reading(kit.feed.open({ after: 0, follow: true }));
  await kit.launch(1);
  await kit.clock.advance(SECOND);
  assert.match(reader.text, /^retry: 2000\nid: 0\n\nid: 1\ndata: /);
  assert.deepEqual(JSON.parse(reader.text.match(/data: (.*)/)![1]!), {
    version: 1,
    id: 1,
    time: "2030-01-02T03:04:05.000Z",
    kind: "node.launching",
    subject: { type: "node", id: 1, name: "trusty-cloud-a-1" },
    labels: { provider: "cloud-a", label: "trusty", image: "trusty" },
    message: "node 1 will be launched on cloud-a: min-ready 3, have 1",
  });
});

Deno.test("whoever connects again with the last id misses nothing and hears nothing twice, whenever that is", async () => {
  await using kit = await openKit();
  const heard: number[] = [];
  let after = 0;
  for (let round = 0; round < 12; round++) {
    const reader = reading(kit.feed.open({ after, follow: true }));
    await kit.launch(round * 7 % 5);
    await kit.clock.advance(round * 130 % 400);
    await kit.launch(1);
    await kit.clock.advance(round % 2 === 0 ? 0 : SECOND);
    await reader.cancel();
    heard.push(...idsIn(reader));
    after = heard.at(-1) ?? 0;
    await kit.launch(2);
  }
  const rest = reading(kit.feed.open({ after, follow: false }));
  await kit.clock.advance(SECOND);
  heard.push(...idsIn(rest));
  assert.deepEqual(heard, from(1, kit.ledger.lastEventId));
});

Deno.test("a reader far behind gets all that is kept, page by page, and then what happens", async () => {
  await using kit = await openKit();
  await kit.launch(350);
  await kit.launch(350);
  const reader = reading(kit.feed.open({ after: 3, follow: true }));
  await kit.clock.advance(1);
  await kit.launch(5);
  await kit.clock.advance(SECOND);
  assert.deepEqual(idsIn(reader), from(4, 705));
});

Deno.test("without --follow the stream ends after what is kept", async () => {
  await using kit = await openKit();
  await kit.launch(4);
  const reader = reading(kit.feed.open({ after: await kit.feed.startOf(NOW), follow: false }));
  await kit.clock.advance(0);
  assert.deepEqual([idsIn(reader), reader.isOver], [[1, 2, 3, 4], true]);
});

Deno.test("events that are no longer kept are said to be missing, and reading goes on after them", async () => {
  await using kit = await openKit();
  // Events of one commit are kept together.
  for (let count = 0; count < 10; count++) await kit.launch(1);
  await kit.ledger.pruneEvents({ keep: 4, since: 0, batch: 100 });
  const reader = reading(kit.feed.open({ after: 2, follow: true }));
  await kit.clock.advance(SECOND);
  assert.deepEqual(idsIn(reader), [6, 7, 8, 9, 10]);
  const lost = JSON.parse(reader.text.match(/data: (.*)/)![1]!);
  assert.deepEqual([lost.kind, lost.message], ["events.lost", "the events 3 to 6 are no longer kept"]);
});

Deno.test("an id that this state never gave out, since it was restored from a copy, is said to be none of its", async () => {
  await using kit = await openKit();
  await kit.launch(3);
  const reader = reading(kit.feed.open({ after: 900, follow: true }));
  await kit.clock.advance(SECOND);
  assert.deepEqual(idsIn(reader), [0, 1, 2, 3]);
  assert.match(reader.text, /event 900 is not one of this state/);
});

Deno.test("all readers share the bytes of what happens, encoded once", async () => {
  await using kit = await openKit();
  const readers = Array.from({ length: 100 }, () => reading(kit.feed.open({ after: 0, follow: true })));
  await kit.clock.advance(1);
  assert.equal(kit.feed.readers, 100);
  await kit.launch(50);
  await kit.clock.advance(SECOND);
  const [first] = readers;
  assert.deepEqual(idsIn(first!), from(1, 50));
  for (const { pieces } of readers) assert.equal(pieces.at(-1), first!.pieces.at(-1));
});

Deno.test("a reader that takes nothing has nothing buffered for it, and goes on from the state", async () => {
  await using kit = await openKit();
  const slow = kit.feed.open({ after: 0, follow: true });
  const reader = slow.getReader();
  await reader.read();
  for (let burst = 0; burst < 40; burst++) {
    await kit.launch(200);
    await kit.clock.advance(SECOND);
  }
  reader.releaseLock();
  const read = reading(slow);
  for (let look = 0; look < 100 && idsIn(read).length < 8_000; look++) await kit.clock.advance(1);
  assert.deepEqual(idsIn(read), from(1, 8_000));
  assert.ok(Math.max(...read.pieces.map(({ length }) => length)) < 200_000);
});

Deno.test("a stream on which nothing happens says so every 15 seconds", async () => {
  await using kit = await openKit();
  const reader = reading(kit.feed.open({ after: 0, follow: true }));
  await kit.clock.advance(46 * SECOND);
  assert.equal(reader.text.match(/^: heartbeat\n\n/gm)?.length, 3);
});

Deno.test("with the feed all streams end, and with its last reader its timers do", async () => {
  await using kit = await openKit();
  const readers = [0, 0].map((after) => reading(kit.feed.open({ after, follow: true })));
  const gone = reading(kit.feed.open({ after: 0, follow: true }));
  await kit.clock.advance(1);
  await gone.cancel();
  assert.equal(kit.feed.readers, 2);
  kit.feed[Symbol.dispose]();
  await kit.clock.advance(1);
  assert.ok(readers.every(({ isOver }) => isOver));
  assert.equal(kit.feed.readers, 0);
});

Deno.test("the latest events are the newest ones, the newest first, and no more than there are", async () => {
  await using kit = await openKit();
  assert.deepEqual(await kit.feed.latest(3), []);
  await kit.launch(5);
  assert.deepEqual((await kit.feed.latest(3)).map(({ id }) => id), [5, 4, 3]);
  assert.equal((await kit.feed.latest(9)).length, 5);
});

Deno.test("a reader whose events the state does not give is told, and is a reader no longer; the others read on", async () => {
  await using kit = await openKit();
  await kit.launch(3);
  const other = reading(kit.feed.open({ after: 3, follow: true }));
  await kit.clock.advance(SECOND);
  const { listEvents } = kit.store;
  kit.store.listEvents = () => Promise.reject(new Error("the disk is gone"));
  const reader = kit.feed.open({ after: 0, follow: true }).getReader();
  await reader.read();
  await assert.rejects(reader.read(), /the disk is gone/);
  assert.equal(kit.feed.readers, 1);
  kit.store.listEvents = listEvents;
  await kit.launch(1);
  await kit.clock.advance(SECOND);
  assert.deepEqual(idsIn(other), [4]);
});
