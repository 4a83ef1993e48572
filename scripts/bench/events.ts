/**
 * The cost of `/events` to the process that serves it: that process has a state in a file, in which events happen at a
 * rate, and serves them; this one reads. Prints the CPU time with readers and without, the delay of the event loop, and
 * whether each reader has heard every event.
 *
 *     scripts/bench/events [READERS [EVENTS_PER_SECOND [SECONDS]]]      default: 100 readers, 20 events a second, 20 s
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeRecord } from "../../tests/store/records.ts";
import { sampleReport } from "../../tests/views/sample_pool.ts";
import { EventFeed } from "../../src/control/event_feed.ts";
import { SECOND } from "../../src/domain/time.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { LoopWatch } from "../../src/lib/loop_watch.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { createSite } from "../../src/site/create_site.ts";
import { serveSite } from "../../src/site/serve_site.ts";
import { openKvStore } from "../../src/store/open_state.ts";
import { Ledger } from "../../src/store/ledger.ts";
import { cpuSeconds } from "./process_use.ts";

/** Events come in bursts, as those of a tick do. */
const BURSTS_PER_SECOND = 4;

async function serve(rate: number, state: string): Promise<void> {
  const clock = systemClock;
  await using store = await openKvStore(state, { clock, random: systemRandom });
  await using ledger = await Ledger.load(store, { clock });
  using events = new EventFeed({ ledger, clock });
  const site = createSite({
    report: sampleReport,
    events,
    history: ledger,
    scrape: () => Promise.reject(new Error("not asked for")),
    allowOrigin: () => [],
    onDefect: (error) => console.error(error),
  });
  await using loop = new LoopWatch({ clock, lastBefore: () => null, onBlocked: () => {} });
  await using served = serveSite(site, {
    listen: [{ hostname: "127.0.0.1", port: 0 }],
    connections: 64,
    streams: 256,
  });
  console.log(JSON.stringify({ url: served.urls[0] }));
  for (let id = 1;;) {
    for (let burst = 0; burst < BURSTS_PER_SECOND; burst++) {
      await clock.sleep(SECOND / BURSTS_PER_SECOND);
      await ledger.edit((edit) => {
        for (let event = 0; event < rate / BURSTS_PER_SECOND; event++, id++) {
          edit.putNode(nodeRecord({ id }));
          edit.removeNode(id - 1_000);
        }
      });
    }
    console.log(JSON.stringify({ events: ledger.lastEventId, delay: loop.delay }));
  }
}

interface Reader extends Disposable {
  events: number;
  lastId: number;
}

/** As plain as can be: on this machine, readers take CPU from the server. */
async function openReader(url: string): Promise<Reader> {
  const { hostname, port } = new URL(url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode(`GET /events HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`));
  const reader = { events: 0, lastId: 0, [Symbol.dispose]: () => connection.close() };
  void (async () => {
    const [buffer, decoder] = [new Uint8Array(2 ** 16), new TextDecoder()];
    for (let size = await connection.read(buffer); size !== null; size = await connection.read(buffer)) {
      for (const [, id] of decoder.decode(buffer.subarray(0, size)).matchAll(/^id: (\d+)$/gm)) {
        reader.events++;
        reader.lastId = Number(id);
      }
    }
  })().catch(() => {});
  return reader;
}

async function bench({ readers, rate, seconds }: { readers: number; rate: number; seconds: number }) {
  const folder = await Deno.makeTempDir({ prefix: "bench-events-" });
  const deno = join(dirname(fileURLToPath(import.meta.url)), "../deno");
  const config = join(dirname(fileURLToPath(import.meta.url)), "../../deno.json");
  const args = ["run", "-A", "--config", config, fileURLToPath(import.meta.url), "serve", String(rate)];
  const child = new Deno.Command(deno, { args: [...args, join(folder, "state.kv")], stdout: "piped" })
    .spawn();
  try {
    const told = lines(child.stdout);
    const { url } = JSON.parse((await told.next()).value!);
    let last = { events: 0, delay: { mean: 0, p99: 0, longest: 0 } };
    void (async () => {
      for await (const line of told) last = JSON.parse(line);
    })();
    await systemClock.sleep(2 * SECOND);
    const without = await usedDuring(child.pid, seconds);
    const usual = last.delay;
    const opened = await Promise.all(Array.from({ length: readers }, () => openReader(url)));
    await systemClock.sleep(SECOND);
    const [with_, before] = [await usedDuring(child.pid, seconds), last.delay];
    const heard = opened.map(({ events, lastId }) => ({ events, lastId }));
    const behind = Math.max(...heard.map(({ lastId }) => last.events - lastId));
    for (const reader of opened) reader[Symbol.dispose]();
    const percent = (used: number) => `${(100 * used / seconds).toFixed(1)} %`;
    console.log(
      `${readers} readers, ${rate} events/s: ${percent(with_ - without)} of a core for them ` +
        `(${percent(with_)} with, ${percent(without)} without them); event loop late by ` +
        `${before.longest.toFixed(0)} ms at most, ${before.p99.toFixed(0)} ms in 99 % of cases ` +
        `(without them ${usual.longest.toFixed(0)} and ${usual.p99.toFixed(0)}); ` +
        `each heard ${Math.min(...heard.map(({ events }) => events))} events, ${behind} behind at the end`,
    );
  } finally {
    child.kill("SIGKILL");
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
}

/** Seconds of CPU in that time. */
async function usedDuring(pid: number, seconds: number): Promise<number> {
  const before = await cpuSeconds(pid);
  await systemClock.sleep(seconds * SECOND);
  return await cpuSeconds(pid) - before;
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const piece of stream) {
    const found = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = found.pop()!;
    yield* found;
  }
}

if (Deno.args[0] === "serve") await serve(Number(Deno.args[1]), Deno.args[2]!);
else {
  const [readers = 100, rate = 20, seconds = 20] = Deno.args.map(Number);
  await bench({ readers, rate, seconds });
  Deno.exit(0);
}
