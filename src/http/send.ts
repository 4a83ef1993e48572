/**
 * One HTTP request: the port below the clients of OpenStack and Jenkins. undici sends over sockets; the simulator
 * answers in-process, so that the same client runs with virtual time and no sockets.
 */

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

/**
 * Sends one request once and reads the whole answer; follows no redirect and repeats nothing.
 * @throws CloudError of kind `unavailable` when there was no connection or it broke, `timeout` when the signal timed out;
 * its `effect` is `none` where the request certainly did not reach the server, else `unknown`
 */
export type Send = (request: SendRequest, options: { signal: AbortSignal }) => Promise<SendResponse>;
