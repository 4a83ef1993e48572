/** SSH's own encoding of keys (RFC 4251): strings with their length before them. */
import { concatenated } from "../concatenated.ts";

/** Reads one field after the other. @throws RangeError where the bytes end too soon */
export class WireReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  uint32(): number {
    const { buffer, byteOffset } = this.#take(4);
    return new DataView(buffer, byteOffset).getUint32(0);
  }

  string(): Uint8Array {
    return this.#take(this.uint32());
  }

  text(): string {
    return new TextDecoder().decode(this.string());
  }

  #take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new RangeError("it ends too soon");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

export function wireString(value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return concatenated([uint32(bytes.length), bytes]);
}

/** A positive number: a first byte that would make it negative gets a zero before it. */
export function wireNumber(value: Uint8Array): Uint8Array {
  const start = value.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? new Uint8Array() : value.subarray(start);
  return wireString((digits[0] ?? 0) >= 0x80 ? concatenated([new Uint8Array(1), digits]) : digits);
}
