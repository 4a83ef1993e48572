/**
 * An image's data on its way out: a stream that is opened and read while it is sent, never ahead of it. It counts
 * what has gone: a piece counts once the next is asked for, since the sender asks when the socket has taken the one
 * before. So it knows how long the upload may still take. `image` makes one for each upload, `session` and
 * `transport` ask it.
 */
import { HOUR, type Milliseconds, MINUTE } from "../../domain/time.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ImageData } from "../cloud.ts";
import { CloudError } from "../../domain/cloud_error.ts";
import { type ByteSource, openByteSource, PIECE_SIZE } from "../../http/byte_source.ts";

/**
 * A connection over which nothing moves is dead, however slow it was: TCP itself gives up after about as long. Even a
 * line of 1 KiB/s takes a piece in that time.
 */
const STALL_TIMEOUT = 5 * MINUTE;
/** Glance answers when its store has it all, which for many GiB on a slow one takes that long after the last byte. */
const ANSWER_TIMEOUT = HOUR;
/** Between two reports of progress. */
const PROGRESS_INTERVAL: Milliseconds = 250;

/** How long an attempt may take. */
export interface TimeLimit {
  /** Asked at the start, and again when that is over: it may move. */
  timeLeft(): Milliseconds;
  /** The problem, once no time is left. */
  explain(): string;
}

export class Outflow implements Disposable {
  readonly size: number;
  readonly body: ReadableStream<Uint8Array>;
  readonly #data: ImageData;
  readonly #clock: Clock;
  #controller!: ReadableByteStreamController;
  #source: ByteSource | null = null;
  #begun = false;
  #ended = false;
  /** Bytes given to the sender. */
  #given = 0;
  /** Those of them that have gone out. */
  #sent = 0;
  #allSent = false;
  #movedAt = 0;
  #told = 0;
  #toldAt = -Infinity;

  constructor(data: ImageData, { clock }: { clock: Clock }) {
    this.size = data.size;
    this.#data = data;
    this.#clock = clock;
    this.body = new ReadableStream({
      type: "bytes",
      autoAllocateChunkSize: PIECE_SIZE,
      start: (controller) => {
        this.#controller = controller;
      },
      pull: (controller) => this.#pull(controller),
      cancel: (reason) => this.#end(reason),
    });
  }

  /** Whether the data was opened, or cannot be any more: it cannot be sent a second time. */
  get begun(): boolean {
    return this.#begun || this.#ended;
  }

  /** Counts from now on, and from zero again whenever data moves. */
  startTimeLimit(): TimeLimit {
    this.#movedAt = this.#clock.monotonic();
    return {
      timeLeft: () => this.#movedAt + this.#patience - this.#clock.monotonic(),
      explain: () => this.#explainTimeout(),
    };
  }

  /** Ends it where it is and cancels the source. */
  [Symbol.dispose](): void {
    this.#end(new DOMException("the upload is over", "AbortError"));
  }

  get #patience(): Milliseconds {
    return this.#allSent ? ANSWER_TIMEOUT : STALL_TIMEOUT;
  }

  #explainTimeout(): string {
    if (this.#allSent) {
      return `no response within ${ANSWER_TIMEOUT / MINUTE} min after the last byte of the data`;
    }
    return `the upload stalled for ${STALL_TIMEOUT / MINUTE} min after ${this.#sent} of ${this.size} bytes`;
  }

  async #pull(controller: ReadableByteStreamController): Promise<void> {
    this.#countSent();
    const { byobRequest } = controller;
    try {
      const piece = await this.#read(byobRequest!.view as Uint8Array<ArrayBuffer>);
      if (this.#ended) return;
      if (piece.byteLength === 0) {
        this.#ended = true;
        controller.close();
      }
      byobRequest!.respondWithNewView(piece);
    } catch (error) {
      this.#end(error);
    }
  }

  #countSent(): void {
    this.#movedAt = this.#clock.monotonic();
    this.#sent = this.#given;
    this.#allSent = this.#sent === this.size;
    const isDue = this.#allSent || this.#movedAt >= this.#toldAt + PROGRESS_INTERVAL;
    if (!isDue || this.#told === this.#sent) return;
    this.#told = this.#sent;
    this.#toldAt = this.#movedAt;
    this.#data.onProgress?.(this.#sent);
  }

  async #read(view: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const piece = await this.#readSource(view);
    const length = this.#given + piece.byteLength;
    if (length > this.size) throw this.#failure(`the data has grown beyond its ${this.size} bytes`);
    if (piece.byteLength === 0 && length < this.size) {
      throw this.#failure(`the data ended after ${length} of ${this.size} bytes`);
    }
    this.#given = length;
    return piece;
  }

  async #readSource(view: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    try {
      this.#begun = true;
      this.#source ??= openByteSource(this.#data.open());
      return await this.#source.read(view);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw this.#failure(`cannot read the data: ${why}`, cause);
    }
  }

  /** Our own failure, not the cloud's: trying again does not help as long as the data is as it is. */
  #failure(message: string, cause?: unknown): CloudError {
    return new CloudError("badRequest", message, { effect: this.#given === 0 ? "none" : "unknown", cause });
  }

  #end(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#controller.error(reason);
    this.#source?.cancel(reason).catch(() => {});
  }
}
