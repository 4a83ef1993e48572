/**
 * Makes packets and lines of what a Gearman server sends, however its bytes are cut. The binary and the text protocol
 * share a connection: a packet begins with NUL, everything else is a line of text. Memory is bounded.
 */
import { ByteQueue } from "../byte_queue.ts";
import { HEADER_SIZE, type Packet, readHeader, splitArguments } from "./packet.ts";

export type Unit =
  | { readonly kind: "packet"; readonly packet: Packet }
  /** Without its line end. */
  | { readonly kind: "line"; readonly text: string };

/** Bytes of one packet after its header: what a worker answers is small. */
export const MAX_PACKET = 2 ** 20;
/** gearmand's function names have at most 512 bytes. */
export const MAX_LINE = 16 * 1024;

const [NUL, LINE_FEED] = [0, 10];

export class GearmanReader {
  readonly #queue = new ByteQueue();
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** How much of an unfinished line has been searched for its end. */
  #searched = 0;

  /** Takes bytes and gives all that is now complete. @throws Error where they are neither packet nor line */
  *read(bytes: Uint8Array): Generator<Unit, void> {
    this.#queue.push(bytes);
    for (let unit = this.#next(); unit !== null; unit = this.#next()) yield unit;
  }

  #next(): Unit | null {
    if (this.#queue.length === 0) return null;
    return this.#queue.at(0) === NUL ? this.#nextPacket() : this.#nextLine();
  }

  #nextPacket(): Unit | null {
    const queue = this.#queue;
    if (queue.length < HEADER_SIZE) return null;
    const { magic, type, size } = readHeader(queue.view(0, HEADER_SIZE));
    if (size > MAX_PACKET) throw new Error(`it sent a ${type} packet of ${size} bytes: over ${MAX_PACKET}`);
    if (queue.length < HEADER_SIZE + size) return null;
    queue.drop(HEADER_SIZE);
    return { kind: "packet", packet: { magic, type, args: splitArguments(type, queue.take(size)) } };
  }

  #nextLine(): Unit | null {
    const queue = this.#queue;
    const end = queue.indexOf(LINE_FEED, this.#searched);
    this.#searched = end < 0 ? queue.length : 0;
    if ((end < 0 ? queue.length : end) > MAX_LINE) {
      throw new Error(`it sent a line of over ${MAX_LINE} bytes`);
    }
    if (end < 0) return null;
    const text = this.#decoder.decode(queue.view(0, end));
    queue.drop(end + 1);
    return { kind: "line", text: text.endsWith("\r") ? text.slice(0, -1) : text };
  }
}
