/**
 * A request whose body is a stream, over undici. It has a connection of its own, which ends with it: an upload of an
 * hour takes none from the other requests, and never meets one that the server is about to close. The body is read
 * no faster than the socket takes it, always into the same memory; an answer that comes before its end ends it.
 * `undici_send` calls it.
 */
import type { Socket } from "node:net";
import { type buildConnector, Client } from "undici";
import type { SendGuard, SendRequest, SendResponse } from "./send.ts";
import { type ByteSource, openByteSource, PIECE_SIZE } from "./byte_source.ts";
import { exchange } from "./undici_exchange.ts";
import type { Duplex } from "node:stream";

export interface StreamedRequest extends SendRequest {
  readonly body: ReadableStream<Uint8Array>;
}

interface StreamedRequestOptions {
  readonly signal: AbortSignal;
  /** Bytes of the answer at most. */
  readonly maxBody: number;
  /** As for `exchange`. */
  readonly proxy: URL | null;
  readonly guard: SendGuard | undefined;
  /** Makes the connector; the abort of the signal ends a connection that is not made yet. */
  connector(closing: AbortSignal): buildConnector.connector;
}

export async function sendStreamed(
  request: StreamedRequest,
  { signal, maxBody, proxy, guard, connector }: StreamedRequestOptions,
): Promise<SendResponse> {
  const over = new AbortController();
  const source = openByteSource(request.body);
  const client = new Client((proxy ?? new URL(request.url)).origin, {
    connect: rescuing(connector(over.signal)),
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  try {
    const body = piecesOf(source, { signal, guard });
    return await exchange(client, { ...request, body }, { signal, maxBody, proxy, guard });
  } finally {
    over.abort();
    source.cancel(new DOMException("the request is over", "AbortError")).catch(() => {});
    await client.destroy();
  }
}

function rescuing(connect: buildConnector.connector): buildConnector.connector {
  return (target, callback) =>
    connect(target, (...result) => {
      const [error, socket] = result;
      if (error === null) rescueAnswer(socket as Socket);
      callback(...result);
    });
}

/**
 * The body as undici iterates it: it asks for the next piece when the socket has taken the one before, and writes the head of
 * the request with the first.
 */
async function* piecesOf(
  source: ByteSource,
  { signal, guard }: Pick<StreamedRequestOptions, "signal" | "guard">,
): AsyncGenerator<Uint8Array> {
  let memory = new ArrayBuffer(PIECE_SIZE);
  for (;;) {
    const piece = await source.read(new Uint8Array(memory));
    await guard?.untilSure({ signal });
    if (piece.byteLength === 0) return;
    yield piece;
    // Only a full piece is more than a socket buffers, so that the next is not asked for before it has left.
    memory = piece.byteLength === PIECE_SIZE ? piece.buffer : new ArrayBuffer(PIECE_SIZE);
  }
}

type Done = (error?: Error | null) => void;

/** The errors of writing to a connection that the other side closed. */
const CLOSED_BY_PEER = new Set(["EPIPE", "ECONNRESET"]);

/**
 * A server that refuses a long body in its middle answers and closes without reading the rest, so that our next write
 * fails; and a socket whose write failed is thrown away, with the answer unread in it. This lets everything be read from
 * the socket that came before the other side closed. The write that failed never ends then; the end of what can be read
 * ends the request instead, at once.
 */
export function rescueAnswer(socket: Duplex): void {
  const { _write: write, _writev: writev, destroy } = socket;
  socket._write = (chunk, encoding, done) => write.call(socket, chunk, encoding, withholding(done));
  socket._writev = (chunks, done) => writev!.call(socket, chunks, withholding(done));
  socket.destroy = (error) => {
    // A reset can come before what was read ahead of it has been looked at.
    if (isClosedByPeer(error) && !socket.destroyed && socket.readableLength > 0) socket.emit("readable");
    return destroy.call(socket, error);
  };
}

function withholding(done: Done): Done {
  return (error) => isClosedByPeer(error) || done(error);
}

function isClosedByPeer(error: Error | null | undefined): boolean {
  return CLOSED_BY_PEER.has(String((error as { code?: unknown } | null | undefined)?.code));
}
