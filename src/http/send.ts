/**
 * One HTTP request: the port below the clients of OpenStack and Jenkins. undici sends over sockets; the simulator
 * answers in-process, so that the same client runs with virtual time and no sockets.
 */
import type { Call } from "../lib/call.ts";

export interface SendRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream is read while it is sent, no faster; its length stands in the headers. */
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>;
}

export interface SendResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body; never larger than the sender's bound. */
  readonly body: Uint8Array;
}

/** Whether what has an effect may go out now. A process that leads a pool with others gives its leadership. */
export interface SendGuard {
  readonly isSure: boolean;
  /** Resolves once it is sure. @throws the signal's reason */
  untilSure(call: Call): Promise<void>;
}

/**
 * Sends one request once and reads the whole answer; follows no redirect and repeats nothing. One over a network asks the
 * guard again when the first byte leaves, since a connection may take long, and before each piece of a stream; it waits
 * until that is sure.
 * @throws CloudError of kind `unavailable` when there was no connection or it broke, `timeout` when the signal timed out;
 * its `effect` is `none` where the request certainly did not reach the server, else `unknown`
 */
export type Send = (
  request: SendRequest,
  options: Call & { readonly guard?: SendGuard },
) => Promise<SendResponse>;
