/** The data of one upload as it comes: counted and hashed piece by piece, kept only as far as there is room. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { StoredData } from "./simulated_image.ts";

/** How much of one image is kept, for those who want it back; larger ones are hashed only. */
export const MAX_CONTENT = 16 * 2 ** 20;
const MAX_CONTENT_IN_ALL = 64 * 2 ** 20;

/** Room for the contents of all images of a simulator. */
export class ContentRoom {
  #left = MAX_CONTENT_IN_ALL;

  /** Whether there is room for that number of bytes; if so, they are taken. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#left += bytes;
  }
}

/** Must end in `finish` or `drop`. */
export class ImageIntake {
  readonly #room: ContentRoom;
  readonly #md5 = createHash("md5");
  readonly #sha512 = createHash("sha512");
  #size = 0;
  #taken = 0;
  /** null: no longer kept. */
  #chunks: Uint8Array[] | null = [];

  constructor(room: ContentRoom) {
    this.#room = room;
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  add(chunk: Uint8Array): void {
    this.#md5.update(chunk);
    this.#sha512.update(chunk);
    this.#size += chunk.length;
    if (this.#chunks === null) return;
    if (this.#size > MAX_CONTENT || !this.#room.take(chunk.length)) return this.drop();
    this.#taken += chunk.length;
    // Who sends it may use the same memory for the next one.
    this.#chunks.push(chunk.slice());
  }

  /** The room for its content is given back by the caller that forgets it. */
  finish(): StoredData {
    return {
      size: this.#size,
      md5: this.#md5.digest("hex"),
      sha512: this.#sha512.digest("hex"),
      content: this.#chunks === null ? null : Uint8Array.from(Buffer.concat(this.#chunks)),
    };
  }

  /** Keeps nothing more. */
  drop(): void {
    this.#room.giveBack(this.#taken);
    this.#taken = 0;
    this.#chunks = null;
  }
}
