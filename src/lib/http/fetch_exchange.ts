/** One request and its answer, from node:http's objects to those of fetch and back. `HttpServer` calls it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { concatenated } from "../concatenated.ts";

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
  const { headers } = message;
  if (headers["content-length"] === undefined && headers["transfer-encoding"] === undefined) return null;
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of message) {
    size += piece.length;
    if (size > most) throw new BadMessageError(413, `the body of the request has more than ${most} bytes`);
    pieces.push(piece);
  }
  return size === 0 ? null : concatenated(pieces);
}

/** @throws BadMessageError 400 when it has no address that can be read */
export function toRequest(
  message: IncomingMessage,
  { body, signal }: { body: Uint8Array<ArrayBuffer> | null; signal: AbortSignal },
): Request {
  const { method = "GET", url = "", headersDistinct, headers } = message;
  try {
    // A path alone, or an address that wins over `Host`.
    const address = url.startsWith("/") ? `http://${hostOf(headers)}${url}` : url;
    const entries = Object.entries(headersDistinct)
      .flatMap(([name, values]) => (values ?? []).map((value): [string, string] => [name, value]));
    const mayHaveBody = method !== "GET" && method !== "HEAD";
    return new Request(address, { method, headers: entries, signal, body: mayHaveBody ? body : null });
  } catch {
    throw new BadMessageError(400, "the request's address, method or headers are invalid");
  }
}

/** @throws TypeError for what would be read as more than a host */
function hostOf({ host }: IncomingMessage["headers"]): string {
  if (host !== undefined && /[/\\?#@]/.test(host)) throw new TypeError(`no host: ${host}`);
  return host || "localhost";
}

/**
 * Resolves when all is sent, or the client has left. A body that says `transfer-encoding: chunked`, or its length, is sent
 * as it comes, and given up when the client leaves; any other is had whole first.
 */
export async function sendResponse(response: Response, message: ServerResponse): Promise<void> {
  if (message.destroyed) return await response.body?.cancel();
  message.statusCode = response.status;
  message.setHeaders(response.headers);
  const sent = told(message, "finish");
  if (response.body === null) message.end();
  else if (comesInPieces(response)) await sendPieces(response.body, message);
  else {
    const bytes = await response.bytes();
    message.setHeader("content-length", bytes.length);
    message.end(bytes);
  }
  await sent;
}

function comesInPieces({ headers }: Response): boolean {
  return headers.has("transfer-encoding") || headers.has("content-length");
}

async function sendPieces(body: ReadableStream<Uint8Array>, message: ServerResponse): Promise<void> {
  const reader = body.getReader();
  const giveUp = () => void reader.cancel().catch(() => {});
  message.once("close", giveUp);
  try {
    message.flushHeaders();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return void message.end();
      if (!message.write(value)) await told(message, "drain");
    }
  } finally {
    giveUp();
  }
}

/** Resolves at the event, or when the client has left, which may have been before. */
function told(message: ServerResponse, event: "finish" | "drain"): Promise<void> {
  if (message.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      message.off(event, done).off("close", done);
      resolve();
    };
    message.once(event, done).once("close", done);
  });
}
