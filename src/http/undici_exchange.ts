/** One request over a dispatcher of undici, its answer read whole and bounded. `undici_send` sends with it. */
import type { Dispatcher } from "undici";
import { CloudError } from "../domain/cloud_error.ts";
import { decodedBody } from "./decoded_body.ts";
import type { SendGuard, SendRequest, SendResponse } from "./send.ts";
import { proxyAuthorization, proxyRefusal } from "./connectors.ts";
import { concatenated } from "../lib/concatenated.ts";
import { orAborted } from "../lib/or_aborted.ts";

interface ExchangeOptions {
  readonly signal: AbortSignal;
  /** Bytes of the answer at most. */
  readonly maxBody: number;
  /** The proxy that is asked in the host's place; left out or null: the host itself is asked, perhaps through a tunnel. */
  readonly proxy?: URL | null;
  /** Asked again when a connection takes the request. */
  readonly guard?: SendGuard | undefined;
}

export async function exchange(
  dispatcher: Dispatcher,
  request: Omit<SendRequest, "body"> & { readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> },
  { signal, maxBody, proxy = null, guard }: ExchangeOptions,
): Promise<SendResponse> {
  signal.throwIfAborted();
  const { origin, host, pathname, search } = new URL(request.url);
  const response = await ask(dispatcher, {
    ...(proxy === null
      ? { origin, path: pathname + search }
      : { origin: proxy.origin, path: origin + pathname + search }),
    method: request.method,
    headers: { ...request.headers, ...(proxy !== null && { host, ...proxyAuthorization(proxy) }) },
    body: (request.body ?? null) as Dispatcher.RequestOptions["body"],
  }, { signal, guard });
  const headers = flatten(response.headers);
  if (proxy !== null && response.statusCode === 407) {
    await response.body.dump();
    throw proxyRefusal(proxy, { to: host, status: "407" });
  }
  const body = await readBounded(response.body, maxBody);
  const encoding = headers["content-encoding"];
  return { status: response.statusCode, headers, body: decodedBody(body, { encoding, maxBody }) };
}

async function ask(
  dispatcher: Dispatcher,
  request: Dispatcher.RequestOptions,
  { signal, guard }: Pick<ExchangeOptions, "signal" | "guard">,
): Promise<Dispatcher.ResponseData> {
  const options = { ...request, signal };
  // undici itself heeds an abort only once the connection is made.
  if (guard === undefined) return await orAborted(dispatcher.request(options), signal);
  const held = dispatcher.compose((dispatch) => (sent, handler) => {
    const start = handler.onRequestStart?.bind(handler);
    // undici calls it right before it writes the request to a connection.
    handler.onRequestStart = (...how) => {
      if (!guard.isSure) throw new HeldBackError();
      start?.(...how);
    };
    return dispatch(sent, handler);
  });
  for (;;) {
    try {
      return await orAborted(held.request(options), signal);
    } catch (error) {
      if (!(error instanceof HeldBackError)) throw error;
      await guard.untilSure({ signal });
    }
  }
}

/** Nothing of the request was written. */
class HeldBackError extends Error {
  override readonly name = "HeldBackError";
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value = ""]) => [name, [value].flat().join(", ")]);
  return Object.fromEntries(entries);
}

async function readBounded(body: AsyncIterable<Uint8Array>, maxBody: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > maxBody) {
      throw new CloudError("badResponse", `the response is longer than ${maxBody} bytes`);
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : concatenated(chunks);
}
