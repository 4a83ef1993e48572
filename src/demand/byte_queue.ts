/** Bytes that came and are not understood yet. The codecs take them out, and bound how many there may be. */

/** The most bytes that an empty queue keeps. */
const SPARE = 128 * 1024;

/** However the bytes come in, each is copied only a few times. */
export class ByteQueue {
  #buffer = new Uint8Array(256);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  push(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The byte at that place, which must be there. */
  at(index: number): number {
    return this.#buffer[this.#start + index]!;
  }

  /** Where the byte is first from that place on; -1: nowhere. */
  indexOf(byte: number, from: number): number {
    const found = this.#buffer.subarray(0, this.#end).indexOf(byte, this.#start + from);
    return found < 0 ? -1 : found - this.#start;
  }

  /** Looks at bytes that must be there; good until the next change. */
  view(start: number, end: number): DataView {
    return new DataView(this.#buffer.buffer, this.#start + start, end - start);
  }

  /** Takes the first bytes out, which must be there. */
  take(length: number): Uint8Array {
    const taken = this.#buffer.slice(this.#start, this.#start + length);
    this.drop(length);
    return taken;
  }

  /** Removes the first bytes, which must be there. */
  drop(length: number): void {
    this.#start += length;
    if (this.#start < this.#end) return;
    this.#start = this.#end = 0;
    if (this.#buffer.length > SPARE) this.#buffer = new Uint8Array(256);
  }

  #makeRoom(more: number): void {
    if (this.#end + more <= this.#buffer.length) return;
    const { length } = this;
    const roomy = 2 * (length + more) <= this.#buffer.length;
    const target = roomy ? this.#buffer : new Uint8Array(2 * (length + more));
    target.set(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = target;
    this.#start = 0;
    this.#end = length;
  }
}
