/**
 * `Send` over sockets: one keep-alive pool for each origin, bodies read whole and bounded, no redirect followed
 * and nothing repeated. Certificates are read at the first request, so that a missing file is this cloud's
 * failure only. The composition root makes one for each provider.
 */
import { Agent, type Dispatcher } from "undici";
import type { CloudAccess } from "../../domain/cloud_access.ts";
import { systemClock } from "../../lib/clock.ts";
import { CloudError } from "../cloud_error.ts";
import type { Send, SendRequest, SendResponse } from "../send.ts";
import { describeSendFailure } from "./send_failure.ts";
import { createTimedConnector } from "./timed_connector.ts";

/** `caCert`, `clientCert` and `clientKey` are paths of PEM files; a client certificate may hold its key itself. */
export interface UndiciSendOptions
  extends Pick<CloudAccess, "verify" | "caCert" | "clientCert" | "clientKey"> {
  /** Connections to one origin at once. */
  readonly connections: number;
  /** Milliseconds for which an idle connection is kept. */
  readonly keepAlive?: number;
  /** Milliseconds for a connection to be made, TLS included. */
  readonly connectTimeout?: number;
  /** Bytes of an answer at most. */
  readonly maxBody?: number;
}

export type UndiciSend = Send & AsyncDisposable;

/** Shorter than the 5 seconds after which Apache closes: a request on a closing connection would be lost. */
const KEEP_ALIVE = 4_000;
const CONNECT_TIMEOUT = 10_000;
const MAX_BODY = 64 * 2 ** 20;

/** Makes a `Send` that holds connections until it is disposed of. */
export function createUndiciSend(options: UndiciSendOptions): UndiciSend {
  const { maxBody = MAX_BODY } = options;
  const closing = new AbortController();
  let agent: Promise<Agent> | null = null;

  const send = async (request: SendRequest, { signal }: { signal: AbortSignal }): Promise<SendResponse> => {
    signal.throwIfAborted();
    try {
      const dispatcher = await (agent ??= createAgent(options, closing.signal).catch((error) => {
        agent = null;
        throw error;
      }));
      const response = await dispatcher.request(toDispatch(request, signal));
      return {
        status: response.statusCode,
        headers: flatten(response.headers),
        body: await readBounded(response.body, maxBody),
      };
    } catch (error) {
      if (error instanceof CloudError) throw error;
      throw describeSendFailure(error, { url: new URL(request.url), signal });
    }
  };
  return Object.assign(send, {
    async [Symbol.asyncDispose]() {
      closing.abort();
      const open = await agent?.catch(() => null);
      await open?.destroy();
    },
  });
}

async function createAgent(options: UndiciSendOptions, closing: AbortSignal): Promise<Agent> {
  const { verify, connections, keepAlive = KEEP_ALIVE, connectTimeout = CONNECT_TIMEOUT } = options;
  const ca = await readPem("cacert", options.caCert);
  const cert = await readPem("cert", options.clientCert);
  const key = await readPem("key", options.clientKey) ?? cert;
  return new Agent({
    connections,
    keepAliveTimeout: keepAlive,
    // The caller's signal is the only deadline of an answer.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: createTimedConnector(
      {
        rejectUnauthorized: verify,
        ...(ca !== null && { ca }),
        ...(cert !== null && { cert, key: key ?? cert }),
      },
      { clock: systemClock, timeout: connectTimeout, closing },
    ),
  });
}

async function readPem(setting: string, path: string | null): Promise<string | null> {
  if (path === null) return null;
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new CloudError("unavailable", `cannot read the file ${path}; check ${setting}`, {
      effect: "none",
      cause,
    });
  }
}

function toDispatch(request: SendRequest, signal: AbortSignal): Dispatcher.RequestOptions {
  const { origin, pathname, search } = new URL(request.url);
  return {
    origin,
    path: pathname + search,
    method: request.method,
    headers: { ...request.headers },
    body: (request.body ?? null) as Dispatcher.RequestOptions["body"],
    signal,
  };
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}

async function readBounded(body: AsyncIterable<Uint8Array>, maxBody: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > maxBody) {
      throw new CloudError("badResponse", `the answer is longer than ${maxBody} bytes`);
    }
    chunks.push(chunk);
  }
  return concatenate(chunks, length);
}

function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
