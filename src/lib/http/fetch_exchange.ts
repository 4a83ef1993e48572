/** One request and its answer, from node:http's objects to those of fetch and back. `HttpServer` calls it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { setImmediate } from "node:timers";

/** The client's message cannot be answered as what it says; the status says why. */
export class BadMessageError extends Error {
  override readonly name = "BadMessageError";
  constructor(readonly status: 400 | 413, message: string) {
    super(message);
  }
}

/**
 * The body of a request; null: it has none.
 * @throws BadMessageError 413 when it is longer than `most` bytes; the stream's error when it breaks off
 */
export async function readBody(
  message: IncomingMessage,
  most: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of message) {
    size += piece.length;
    if (size > most) throw new BadMessageError(413, `the request's body has more than ${most} bytes`);
    pieces.push(piece);
  }
  return size === 0
    ? null
    : new Uint8Array(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

/** @throws BadMessageError 400 when it has no address that can be read */
export function toRequest(
  message: IncomingMessage,
  { body, signal }: { body: Uint8Array<ArrayBuffer> | null; signal: AbortSignal },
): Request {
  const { method = "GET", url = "", headersDistinct, headers } = message;
  try {
    // A path alone, or an address that wins over `Host`.
    const address = url.startsWith("/") ? `http://${headers.host ?? "localhost"}${url}` : url;
    const entries = Object.entries(headersDistinct)
      .flatMap(([name, values]) => (values ?? []).map((value): [string, string] => [name, value]));
    const mayHaveBody = method !== "GET" && method !== "HEAD";
    return new Request(address, { method, headers: entries, signal, body: mayHaveBody ? body : null });
  } catch {
    throw new BadMessageError(400, "the request's address, method or headers cannot be read");
  }
}

/** Resolves when all is sent, or the client has left; then the rest of the body is given up. */
export async function sendResponse(response: Response, message: ServerResponse): Promise<void> {
  message.statusCode = response.status;
  message.setHeaders(response.headers);
  const sent = endOf(message);
  if (response.body === null) message.end();
  else await sendBody(response.body, message);
  await sent;
}

async function sendBody(body: ReadableStream<Uint8Array>, message: ServerResponse): Promise<void> {
  const reader = body.getReader();
  const giveUp = () => void reader.cancel().catch(() => {});
  message.once("close", giveUp);
  try {
    const first = await reader.read();
    if (first.done) return void message.end();
    let next = reader.read();
    // A body that was there whole has ended by now; its length is told instead of sending it in chunks.
    if (await isDoneAtOnce(next)) {
      message.setHeader("content-length", first.value.length);
      return void message.end(first.value);
    }
    for (let piece = first.value; !message.destroyed; next = reader.read()) {
      if (!message.write(piece)) await drainOf(message);
      const { done, value } = await next;
      if (done) break;
      piece = value;
    }
    message.end();
  } finally {
    giveUp();
  }
}

async function isDoneAtOnce(read: Promise<ReadableStreamReadResult<unknown>>): Promise<boolean> {
  const later = new Promise<null>((resolve) => setImmediate(() => resolve(null)));
  return (await Promise.race([read, later]))?.done === true;
}

function endOf(message: ServerResponse): Promise<void> {
  return new Promise((resolve) => message.once("finish", resolve).once("close", resolve));
}

function drainOf(message: ServerResponse): Promise<void> {
  return new Promise((resolve) => message.once("drain", resolve).once("close", resolve));
}
