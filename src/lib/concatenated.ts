import { Buffer } from "node:buffer";

/** Bytes in several parts as one: protocols and keys are written so. */
export function concatenated(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}
