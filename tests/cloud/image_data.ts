/** Image data for tests, which tells what became of it. */
import type { ImageData } from "../../src/cloud/cloud.ts";

interface TestData extends ImageData {
  /** How often it was opened. */
  readonly opened: number;
  /** Bytes that were asked for. */
  readonly given: number;
  /** Why it was cancelled; null where it was not. */
  readonly cancelled: unknown;
}

/** Bytes that repeat at no power of two, so that a piece in the wrong place is noticed. */
export function testBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  // A loop: `Uint8Array.from` with a function takes ten times as long, and more.
  for (let index = 0; index < length; index++) bytes[index] = index % 251;
  return bytes;
}

/**
 * @param options `size`: what it claims to be; `chunk`: bytes that the source gives at once; `hangAt`, `failAt`: where
 * it gives nothing more, or an error; `onProgress` as in the port
 */
export function testData(
  bytes: Uint8Array<ArrayBuffer>,
  options: {
    size?: number;
    chunk?: number;
    hangAt?: number;
    failAt?: number;
    onProgress?: (sent: number) => void;
  } = {},
): TestData {
  const { size = bytes.byteLength, chunk = 100_000, hangAt = Infinity, failAt = Infinity, onProgress } =
    options;
  const seen = { opened: 0, given: 0, cancelled: null as unknown };
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if (seen.given >= failAt) throw new Error("Input/output error");
    if (seen.given >= hangAt) await new Promise(() => {});
    const piece = bytes.slice(seen.given, seen.given + chunk);
    seen.given += piece.byteLength;
    if (piece.byteLength === 0) controller.close();
    else controller.enqueue(piece);
  };
  const cancel = (reason: unknown) => {
    seen.cancelled = reason;
  };
  return {
    size,
    onProgress,
    open() {
      seen.opened++;
      return new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
    },
    get opened() {
      return seen.opened;
    },
    get given() {
      return seen.given;
    },
    get cancelled() {
      return seen.cancelled;
    },
  };
}
