/** The end of a command's output, in bounded memory however much it writes. */
import { Buffer } from "node:buffer";

export const OUTPUT_LIMIT = 64 * 1024;

export class OutputTail {
  #chunks: Uint8Array[] = [];
  #size = 0;

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size > 2 * OUTPUT_LIMIT) this.#trim();
  }

  /** The last 64 KiB as text; a character that the cut goes through is left out. */
  text(): string {
    const cut = this.#size > OUTPUT_LIMIT;
    this.#trim();
    let bytes = this.#chunks[0] ?? new Uint8Array();
    while (cut && bytes.length > 0 && (bytes[0]! & 0b1100_0000) === 0b1000_0000) bytes = bytes.subarray(1);
    return new TextDecoder().decode(bytes);
  }

  #trim(): void {
    const all = Buffer.concat(this.#chunks);
    const last = Uint8Array.from(all.subarray(Math.max(0, all.length - OUTPUT_LIMIT)));
    this.#chunks = [last];
    this.#size = last.length;
  }
}
