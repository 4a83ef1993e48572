/** `Send` straight into a simulator: no socket, and faults look as they do over one. */
import { CloudError } from "../domain/cloud_error.ts";
import { decodedBody } from "../http/decoded_body.ts";
import type { Send, SendRequest, SendResponse } from "../http/send.ts";
import type { ApiRequest, Breakage } from "./exchange.ts";
import type { Simulator } from "./simulator.ts";

/** As real ones have it. */
const MAX_BODY = 64 * 2 ** 20;

export function createSimulatorSend(simulator: Pick<Simulator, "answer">): Send {
  return async (request, { signal }) => {
    signal.throwIfAborted();
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = () => reject(abortedError(request, signal.reason));
    signal.addEventListener("abort", abort, { once: true });
    try {
      // A request called off goes on in the cloud, as it does in a real one; a body that is not all sent breaks off.
      return await Promise.race([exchanged(simulator, request, signal), aborted]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  };
}

async function exchanged(
  simulator: Pick<Simulator, "answer">,
  request: SendRequest,
  signal: AbortSignal,
): Promise<SendResponse> {
  const outcome = await simulator.answer(asked(request, signal));
  if (outcome === "silence") return await new Promise<never>(() => {});
  if (typeof outcome === "string") throw brokenError(request, outcome);
  const { status, headers, body } = outcome;
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body ?? new Uint8Array();
  const encoding = headers["content-encoding"];
  return { status, headers, body: decodedBody(bytes, { encoding, maxBody: MAX_BODY }) };
}

function asked({ method, url, headers, body }: SendRequest, signal: AbortSignal): ApiRequest {
  const named = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const sent = body instanceof ReadableStream
    ? body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal })
    : body;
  return { method, url, headers: named, body: (sent ?? null) as ApiRequest["body"] };
}

function brokenError({ url }: SendRequest, breakage: Breakage): CloudError {
  const { host } = new URL(url);
  if (breakage === "refused") {
    const what = "connection refused; is the service up, and the address right?";
    return new CloudError("unavailable", `${host}: ${what}`, { effect: "none" });
  }
  return new CloudError("unavailable", `${host}: the connection broke before the response was complete`);
}

function abortedError({ url }: SendRequest, reason: unknown): CloudError {
  const timedOut = reason instanceof Error && reason.name === "TimeoutError";
  const message = timedOut ? `${new URL(url).host} did not answer in time` : "the request was cancelled";
  return new CloudError(timedOut ? "timeout" : "unavailable", message, { cause: reason });
}
