/**
 * An answer that many clients may be sent at once: all are sent the same bytes. Given as a whole, each would get a copy. A
 * client that is slow keeps its answer in memory for as long as it takes; of too many, the oldest is broken off.
 */
import type { Context } from "hono";

/** As much as a connection sends at a time. */
const PIECE = 262_144;

/** Different answers that are kept until their clients have them. */
const MOST = 10;

/** One for each client, the first to ask first. */
const underWay = new Set<Sending>();

/** The bytes must not change until all is sent. */
export function sendShared(
  context: Context,
  { type, bytes }: { type: string; bytes: Uint8Array<ArrayBuffer> },
): Response {
  const sending = new Sending(bytes);
  const body = new ReadableStream({
    pull: (controller) => sending.pull(controller),
    cancel: () => sending.cancel(),
  }, { highWaterMark: 0 });
  return context.body(body, 200, { "content-type": type, "content-length": String(bytes.length) });
}

class Sending {
  /** null: all is sent, or it was broken off. */
  #bytes: Uint8Array<ArrayBuffer> | null;
  #sent = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  pull(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): void {
    if (this.#bytes === null) throw new Error("this client is slow, and others wait for large responses");
    // A copy: what the client is still to take does not keep all the rest.
    controller.enqueue(this.#bytes.slice(this.#sent, this.#sent += PIECE));
    if (this.#sent >= this.#bytes.length) {
      this.cancel();
      return controller.close();
    }
    underWay.add(this);
    const answers = [...new Set([...underWay].map((one) => one.#bytes))];
    if (answers.length <= MOST) return;
    for (const one of underWay) if (one.#bytes === answers[0]) one.cancel();
  }

  cancel(): void {
    this.#bytes = null;
    underWay.delete(this);
  }
}
