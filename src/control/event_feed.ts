/**
 * The pool's events as a stream of server-sent events, for any number of readers. What has been stored is read from the
 * state, page by page, at the reader's own pace; from then on all readers share the bytes of each piece, which is encoded
 * once. Nothing is buffered for a reader: one that is slow goes on from the state, and one that takes nothing is ended by
 * the server that it reads from. The daemon has one; without one, what is stored can be read.
 */
import { wallOffsetOf } from "../domain/clock_record.ts";
import type { PoolEvent } from "../domain/pool_event.ts";
import { type Instant, isoText, type Milliseconds, SECOND } from "../domain/time.ts";
import { type Clock, sleptThrough } from "../lib/clock.ts";
import { concatenated } from "../lib/concatenated.ts";
import type { Ledger } from "../store/ledger.ts";
import { eventFrame, type EventView, viewEvent, viewLostEvents } from "../views/events.ts";

/** For what happens together to be sent together: a reader costs as many writes a second at most. */
const PAUSE: Milliseconds = 200;

/** Proxies and readers take a connection that says nothing for longer as lost. */
const HEARTBEAT_PERIOD = 15 * SECOND;
const HEARTBEAT = new TextEncoder().encode(": heartbeat\n\n");

/** Tells a reader where it begins, so that it misses nothing from then on, and how soon to connect again. */
function greeting(after: number): Uint8Array {
  return new TextEncoder().encode(`retry: 2000\nid: ${after}\n\n`);
}

/** Events that are read from the state at a time. */
const PAGE = 200;

/** Bytes of shared pieces that are kept for readers which are a little behind. */
const SHARED_BYTES = 2 ** 20;

/** The events after one, up to its last one. */
interface Piece {
  readonly last: number;
  readonly bytes: Uint8Array;
}

interface OpenOptions {
  /** The id of the last event that the reader has. */
  readonly after: number;
  /** Whether it waits for those to come. */
  readonly follow: boolean;
  readonly signal?: AbortSignal;
}

export class EventFeed implements Disposable {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #subscription: Disposable;
  /** How each reader that waits is woken: with a heartbeat, or since there is more. */
  readonly #waiting = new Set<(heartbeat?: Uint8Array) => void>();
  readonly #readers = new Set<AbortController>();
  /** By the event after which they begin. */
  #shared = new Map<number, Piece>();
  #sharedBytes = 0;
  /** Stored, and not yet in a piece. */
  #pending: PoolEvent[] = [];
  /** The last event in a piece; with no reader, the last one stored. */
  #last: number;
  /** While there are readers. */
  #running: AbortController | null = null;
  #isClosed = false;

  constructor({ ledger, clock }: { ledger: Ledger; clock: Clock }) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#last = ledger.lastEventId;
    this.#subscription = ledger.subscribe(({ events }) => this.#note(events));
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** The event after which those come that a reader wants: since a moment, or (null) from now on. */
  async startOf(since: Instant | null): Promise<number> {
    return since === null ? this.#ledger.lastEventId : await this.#ledger.lastEventBefore(since);
  }

  /** The newest first. */
  async latest(count: number): Promise<readonly EventView[]> {
    const after = Math.max(0, this.#ledger.lastEventId - count);
    const events = await this.#ledger.listEvents({ after, limit: count });
    return events.map((event) => viewEvent(event, { wallOffset: this.#wallOffset })).toReversed();
  }

  open({ after, follow, signal: ended }: OpenOptions): ReadableStream<Uint8Array> {
    const reader = new AbortController();
    const signal = ended === undefined ? reader.signal : AbortSignal.any([reader.signal, ended]);
    let position: number | null = null;
    const leave = () => this.#leave(reader);
    return new ReadableStream({
      pull: async (controller) => {
        if (position === null) {
          position = after;
          if (follow) this.#enter(reader);
          return controller.enqueue(greeting(after));
        }
        const piece = await this.#next(position, { follow, signal }).catch((error) => {
          leave();
          throw error;
        });
        if (reader.signal.aborted) return;
        if (piece === null) {
          controller.close();
          return leave();
        }
        position = piece.last;
        controller.enqueue(piece.bytes);
      },
      cancel: leave,
    }, { highWaterMark: 0 });
  }

  /** Ends all streams. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#subscription[Symbol.dispose]();
    this.#running?.abort();
    this.#wake();
  }

  #enter(reader: AbortController): void {
    if (this.#readers.size === 0) this.#begin();
    this.#readers.add(reader);
  }

  #leave(reader: AbortController): void {
    reader.abort();
    if (!this.#readers.delete(reader) || this.#readers.size > 0) return;
    this.#running?.abort();
    this.#running = null;
  }

  #begin(): void {
    this.#last = this.#ledger.lastEventId;
    [this.#shared, this.#sharedBytes, this.#pending] = [new Map(), 0, []];
    const running = this.#running = new AbortController();
    void this.#beat(running.signal);
  }

  async #beat(signal: AbortSignal): Promise<void> {
    while (await sleptThrough(this.#clock, HEARTBEAT_PERIOD, { signal })) this.#wake(HEARTBEAT);
  }

  #wake(heartbeat?: Uint8Array): void {
    const woken = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of woken) wake(heartbeat);
  }

  #note(events: readonly PoolEvent[]): void {
    if (this.#running === null || events.length === 0) return;
    this.#pending.push(...events);
    if (this.#pending.length === events.length) void this.#share(this.#running.signal);
  }

  async #share(signal: AbortSignal): Promise<void> {
    if (!await sleptThrough(this.#clock, PAUSE, { signal })) return;
    const events = this.#pending;
    this.#pending = [];
    const piece = { last: events.at(-1)!.id, bytes: this.#encode(events) };
    this.#shared.set(this.#last, piece);
    this.#sharedBytes += piece.bytes.length;
    this.#last = piece.last;
    this.#forgetShared();
    this.#wake();
  }

  #forgetShared(): void {
    for (const [after, { bytes }] of this.#shared) {
      if (this.#sharedBytes <= SHARED_BYTES) return;
      this.#shared.delete(after);
      this.#sharedBytes -= bytes.length;
    }
  }

  /** null: the stream ends. */
  async #next(
    position: number,
    { follow, signal }: { follow: boolean; signal: AbortSignal },
  ): Promise<Piece | null> {
    if (this.#isClosed || signal.aborted) return null;
    const shared = this.#shared.get(position);
    if (shared !== undefined) return shared;
    const end = follow ? this.#last : this.#ledger.lastEventId;
    if (position < end || position > this.#ledger.lastEventId) return await this.#stored(position, end);
    if (!follow) return null;
    const heartbeat = await this.#wait(signal);
    return heartbeat === undefined
      ? await this.#next(position, { follow, signal })
      : { last: position, bytes: heartbeat };
  }

  #wait(signal: AbortSignal): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => {
      const wake = (heartbeat?: Uint8Array) => {
        signal.removeEventListener("abort", give);
        resolve(heartbeat);
      };
      const give = () => {
        this.#waiting.delete(wake);
        wake();
      };
      this.#waiting.add(wake);
      signal.addEventListener("abort", give, { once: true });
    });
  }

  /** From the state, up to `end`. Says so where some are no longer there, or are those of another state. */
  async #stored(position: number, end: number): Promise<Piece> {
    const isOfOther = position > end;
    const page = await this.#ledger.listEvents({ after: isOfOther ? 0 : position, limit: PAGE });
    const events = page.filter(({ id }) => id <= end);
    const [first] = events;
    if (first === undefined) return { last: end, bytes: new Uint8Array() };
    const lost = isOfOther || first.id > position + 1 ? [this.#encodeLost(position, first)] : [];
    return { last: events.at(-1)!.id, bytes: concatenated([...lost, this.#encode(events)]) };
  }

  #encode(events: readonly PoolEvent[]): Uint8Array {
    const wallTime = { wallOffset: this.#wallOffset };
    return new TextEncoder().encode(events.map((event) => eventFrame(viewEvent(event, wallTime))).join(""));
  }

  #encodeLost(after: number, before: PoolEvent): Uint8Array {
    const time = isoText(this.#clock.now() + this.#wallOffset);
    return new TextEncoder().encode(eventFrame(viewLostEvents({ after, before, time })));
  }

  get #wallOffset(): Milliseconds {
    return wallOffsetOf(this.#clock, this.#ledger.clockRecord?.wallOffset);
  }
}
