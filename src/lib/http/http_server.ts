/**
 * An HTTP/1.1 server that outlives what clients and the system do to it. Deno.serve ends when a connection cannot be
 * accepted for want of a descriptor, and never ends one that says nothing. This one accepts by itself, survives
 * that, and has a bound for everything: connections, the time for a request, its length, the time for taking an
 * answer. node:http reads and writes the messages. The status endpoint and the control socket are served by it.
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import { type Clock, sleptThrough, systemClock } from "../clock.ts";
import { setAlarm } from "../deadline.ts";
import { errorChain } from "../error_chain.ts";
import { inFlight } from "../in_flight.ts";
import { loggerOf } from "../logging.ts";
import { ConnectionStream } from "./connection_stream.ts";
import { BadMessageError, readBody, sendResponse, toRequest } from "./fetch_exchange.ts";

/** A body that is to be sent as it is made says `transfer-encoding: chunked`. */
export type HttpHandler = (request: Request) => Response | Promise<Response>;

/** Times in milliseconds. */
export interface HttpLimits {
  /** At once, 2 or more; one more ends the oldest that asks for nothing. Three quarters may be at work, others hear 503. */
  readonly connections: number;
  /** Besides these, connections at once whose answer goes on for as long as the client wants. */
  readonly streams: number;
  /** For a whole request, from the connection's start or the answer before it. */
  readonly requestTime: number;
  /** For taking 256 KiB of an answer. */
  readonly writeTime: number;
  /** Of a request. */
  readonly bodyBytes: number;
  /** For what is being answered when the server is disposed of. */
  readonly stopTime: number;
}

const defaultHttpLimits: HttpLimits = {
  connections: 64,
  streams: 0,
  requestTime: 15_000,
  writeTime: 30_000,
  bodyBytes: 2 ** 20,
  stopTime: 5_000,
};

/** Between two attempts to accept, after one has failed. */
const ACCEPT_PAUSE = 100;

/** How often times are looked at. */
const LOOK = 500;

/** That a client may send on one connection without having the answers; more is no client. */
const MOST_PIPELINED = 16;

const log = loggerOf("http");

interface HttpServerOptions {
  readonly limits?: Partial<HttpLimits>;
  readonly clock?: Clock;
  /** Whether what is at a path goes on for as long as the client wants. */
  readonly isStream?: (path: string) => boolean;
  /** Whether a path takes so little work that it is answered however much other work there is. */
  readonly isAlwaysAnswered?: (path: string) => boolean;
  /** Refuses a request by its head alone, before anything else of it is read; null: it is let in. */
  readonly refuse?: (headers: IncomingHttpHeaders) => Response | null;
}

export class HttpServer implements AsyncDisposable {
  readonly #handler: HttpHandler;
  readonly #options: HttpServerOptions;
  readonly #limits: HttpLimits;
  readonly #clock: Clock;
  readonly #server: Server;
  readonly #listeners = new Set<Deno.Listener>();
  /** The oldest first. */
  readonly #connections = new Set<ConnectionStream>();
  readonly #stop = new AbortController();

  constructor(handler: HttpHandler, options: HttpServerOptions = {}) {
    this.#handler = handler;
    this.#options = options;
    this.#limits = { ...defaultHttpLimits, ...options.limits };
    this.#clock = options.clock ?? systemClock;
    this.#server = createServer({ keepAliveTimeout: this.#limits.requestTime });
    // It ends each connection after one answer unless it believes that it listens.
    Object.defineProperty(this.#server, "listening", { value: true });
    this.#server.on("request", (message, answer) => void this.#exchange(message, answer));
    this.#server.on("clientError", refuseUnread);
    void this.#watchTimes();
  }

  /** Connections that are open, and how many of them are being answered. */
  get counts(): { readonly open: number; readonly busy: number } {
    return { open: this.#connections.size, busy: this.#working() };
  }

  /** Takes connections from a listener until that is closed with `close`, or the server is disposed of. */
  listen(listener: Deno.Listener): void {
    this.#listeners.add(listener);
    void this.#acceptFrom(listener);
  }

  /** Takes no more from this listener; the connections that came from it stay. */
  close(listener: Deno.Listener): void {
    if (this.#listeners.delete(listener)) listener.close();
  }

  /** Lets answers be finished, within the time for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const listener of this.#listeners) this.close(listener);
    const closed = [...this.#connections].map((connection) =>
      new Promise((resolve) => connection.once("close", resolve))
    );
    for (const connection of this.#connections) {
      if (connection.requests === 0 || connection.isStreaming) connection.destroy();
    }
    const endAll = () => this.#connections.forEach((connection) => connection.destroy());
    using _alarm = setAlarm(endAll, { clock: this.#clock, timeout: this.#limits.stopTime });
    await Promise.all(closed);
  }

  async #acceptFrom(listener: Deno.Listener): Promise<void> {
    while (this.#listeners.has(listener)) {
      try {
        this.#serve(await listener.accept());
      } catch (error) {
        if (!this.#listeners.has(listener)) return;
        log.warning("cannot accept a connection: {error}; trying again", { error: errorChain(error) });
        this.#endOldestIdle();
        await this.#clock.sleep(ACCEPT_PAUSE, { signal: this.#stop.signal }).catch(() => {});
      }
    }
  }

  #serve(conn: Deno.Conn): void {
    const { connections, streams } = this.#limits;
    if (this.#connections.size >= connections + streams) this.#endOldestIdle();
    const connection = new ConnectionStream(conn, () => this.#clock.monotonic());
    this.#connections.add(connection);
    connection.once("close", () => this.#connections.delete(connection));
    this.#server.emit("connection", connection);
  }

  #endOldestIdle(): void {
    for (const connection of this.#connections) {
      if (connection.requests > 0) continue;
      this.#connections.delete(connection);
      return void connection.destroy();
    }
  }

  async #exchange(message: IncomingMessage, answer: ServerResponse): Promise<void> {
    const connection = message.socket as unknown as ConnectionStream;
    if (connection.requests >= MOST_PIPELINED) return void connection.destroy();
    try {
      const refused = this.#options.refuse?.(message.headers) ?? null;
      if (refused !== null) return await endWith(refused, { answer, connection });
      const body = await readBody(message, this.#limits.bodyBytes);
      await connection.answer(() => {
        connection.isStreaming = this.#options.isStream?.(pathOf(message)) ?? false;
        return inFlight.run(workOf(message), this.#clock, async () => {
          await sendResponse(await this.#respond(message, { answer, body }), answer);
        });
      });
      if (this.#stop.signal.aborted && connection.requests === 0) connection.destroy();
    } catch (error) {
      if (!(error instanceof BadMessageError) || connection.destroyed) return void connection.destroy();
      const { message, status } = error;
      const refused = Response.json({ error: message, status }, { status });
      await endWith(refused, { answer, connection }).catch(() => {});
    }
  }

  #respond(
    message: IncomingMessage,
    { answer, body }: { answer: ServerResponse; body: Uint8Array<ArrayBuffer> | null },
  ): Response | Promise<Response> {
    const { connections, streams } = this.#limits;
    const isTooMuch = this.#options.isAlwaysAnswered?.(pathOf(message)) !== true &&
      (this.#working() > Math.floor(connections * 3 / 4) ||
        this.#count(({ isStreaming }) => isStreaming) > streams);
    if (isTooMuch || this.#stop.signal.aborted) answer.setHeader("connection", "close");
    if (isTooMuch) return this.#tooMuch();
    const left = new AbortController();
    answer.once("close", () => {
      if (!answer.writableFinished) left.abort(new DOMException("the client disconnected", "AbortError"));
    });
    return this.#handler(toRequest(message, { body, signal: left.signal }));
  }

  #working(): number {
    return this.#count(({ requests, isStreaming }) => requests > 0 && !isStreaming);
  }

  #count(isCounted: (connection: ConnectionStream) => boolean): number {
    return [...this.#connections].filter(isCounted).length;
  }

  #tooMuch(): Response {
    const error = "too many requests at once; try again later";
    log.warning("{error}", { error });
    return Response.json({ error, status: 503 }, { status: 503, headers: { "retry-after": "1" } });
  }

  async #watchTimes(): Promise<void> {
    const { requestTime, writeTime } = this.#limits;
    while (await sleptThrough(this.#clock, Math.min(LOOK, requestTime / 2), this.#stop)) {
      const now = this.#clock.monotonic();
      for (const connection of this.#connections) {
        const { waitsSince, writesSince } = connection;
        const isLate = (waitsSince !== null && now - waitsSince > requestTime) ||
          (writesSince !== null && now - writesSince > writeTime);
        if (isLate) connection.destroy();
      }
    }
  }
}

/** Without what follows the path, which may be anything. */
function workOf(message: IncomingMessage) {
  return { what: "request", about: { method: message.method ?? "", path: pathOf(message) } };
}

function pathOf({ url = "" }: IncomingMessage): string {
  return url.replace(/^https?:\/\/[^/]*|\?.*$/gs, "");
}

/** Answers what node:http cannot read, unless it is in the middle of another answer. */
function refuseUnread({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  const connection = socket as ConnectionStream;
  if (connection.requests > 0 || !connection.writable) return void connection.destroy();
  const [status, reason, error] = code === "HPE_HEADER_OVERFLOW"
    ? [431, "Request Header Fields Too Large", "the request's head is too long"]
    : [400, "Bad Request", "the request is not valid HTTP: in its address, write what is not ASCII as %XX"];
  const body = JSON.stringify({ error, status });
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    "connection: close",
    "content-type: application/json",
    `content-length: ${body.length}`,
  ];
  connection.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  connection.destroySoon();
}

/** The last answer on a connection, whatever of the request is still to come. */
async function endWith(
  response: Response,
  { answer, connection }: { answer: ServerResponse; connection: ConnectionStream },
): Promise<void> {
  try {
    answer.setHeader("connection", "close");
    await sendResponse(response, answer);
  } finally {
    connection.destroy();
  }
}
