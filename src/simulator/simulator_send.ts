/** `Send` straight into a simulator: no socket, and faults look as they do over one. */
import { CloudError } from "../domain/cloud_error.ts";
import { decodedBody, MAX_BODY } from "../http/decoded_body.ts";
import { describeSendFailure } from "../http/send_failure.ts";
import type { Send, SendRequest, SendResponse } from "../http/send.ts";
import { orAborted } from "../lib/or_aborted.ts";
import type { ApiRequest } from "./exchange.ts";
import type { Simulator } from "./simulator.ts";

const CODES = { refused: "ECONNREFUSED", reset: "ECONNRESET" };

export function createSimulatorSend(simulator: Pick<Simulator, "answer">): Send {
  return async (request, { signal }) => {
    signal.throwIfAborted();
    // A request called off goes on in the cloud, as it does in a real one; a body that is not all sent breaks off.
    return await orAborted(exchanged(simulator, request, signal), signal).catch((error) => {
      throw error instanceof CloudError || !signal.aborted ? error : failure(request, signal);
    });
  };
}

async function exchanged(
  simulator: Pick<Simulator, "answer">,
  request: SendRequest,
  signal: AbortSignal,
): Promise<SendResponse> {
  const outcome = await simulator.answer(asked(request, signal));
  if (outcome === "silence") return await new Promise<never>(() => {});
  if (typeof outcome === "string") throw failure(request, signal, CODES[outcome]);
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

/** As it looks over a socket. @param code of the system's error; left out: the request was called off */
function failure({ url }: SendRequest, signal: AbortSignal, code = ""): CloudError {
  const trust = { certificate: null, advice: "" };
  return describeSendFailure(Object.assign(new Error(), { code }), { url: new URL(url), signal, trust });
}
