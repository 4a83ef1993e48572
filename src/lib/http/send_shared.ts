/** An answer that many clients may be sent at once: each is sent the same bytes. Given as a whole, each would get a copy. */
import type { Context } from "hono";

/** As much as a connection sends at a time. */
const PIECE = 262_144;

/** The bytes must not change until all is sent. */
export function sendShared(
  context: Context,
  { type, bytes }: { type: string; bytes: Uint8Array<ArrayBuffer> },
): Response {
  return context.body(piecesOf(bytes), 200, {
    "content-type": type,
    "content-length": String(bytes.length),
  });
}

function piecesOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(bytes.subarray(sent, sent += PIECE));
      if (sent >= bytes.length) controller.close();
    },
  }, { highWaterMark: 0 });
}
