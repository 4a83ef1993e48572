/**
 * The commands' side of the control socket. Uses Deno's own fetch over the Unix socket: an HTTP package would cost
 * more at start than all the rest of a command.
 */
import type { PoolClient } from "./pool_client.ts";
import { connectionKind } from "./connection_kind.ts";
import { ControlError } from "./pool_control.ts";
import { ControlSocketError } from "./socket_path.ts";

/** The daemon's end, or its beginning, came between a question and its answer; whether it was heard is not known. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
  constructor(socketPath: string, options?: ErrorOptions) {
    super(`the daemon at ${socketPath} did not answer: has it been stopped?`, options);
  }
}

/**
 * The daemon's pool; null when no daemon listens on the socket.
 * @throws ControlSocketError when the socket is there and may not be opened
 */
export async function connectControl(socketPath: string): Promise<PoolClient | null> {
  const kind = await connectionKind(socketPath);
  if (kind === "forbidden") {
    throw new ControlSocketError(
      `cannot open the daemon's socket ${socketPath}: permission denied; run this as the daemon's user or as root`,
    );
  }
  return kind === "listening" ? remoteClient(socketPath) : null;
}

function remoteClient(socketPath: string): PoolClient {
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path: socketPath } });
  const call = caller({ client, socketPath });
  return {
    hasDaemon: true,
    view: (name, { filter = {}, signal } = {}) => call("GET", `/views/${name}${query(filter)}`, { signal }),
    dump: (options) => call("GET", "/dump", options),
    getNode: (id, options) => call("GET", `/nodes/${id}`, options),
    getNodeMetadata: (id, options) => call("GET", `/nodes/${id}/metadata`, options),
    getInventory: (options) => call("GET", "/inventory", options),
    holdNodes: (ids, { signal, ...options }) =>
      call("POST", "/nodes/hold", { signal, body: { ids, ...options } }),
    deleteNodes: (ids, { signal, comment }) =>
      call("POST", "/nodes/delete", { signal, body: { ids, comment } }),
    releaseNodes: (ids, { signal, ...options }) =>
      call("POST", "/nodes/release", { signal, body: { ids, ...options } }),
    waitForEnd: (nodeId, options) => call("GET", `/nodes/${nodeId}/end`, options),
    createJob: (body, { signal } = {}) => call("POST", "/jobs", { signal, body }),
    deleteJobs: (ids, { signal } = {}) => call("POST", "/jobs/delete", { signal, body: { ids } }),
    createRequest: (body, { signal } = {}) => call("POST", "/requests", { signal, body }),
    waitForGrant: (requestId, options) => call("GET", `/requests/${requestId}/grant`, options),
    confirmGrant: (requestId, options) => call("POST", `/requests/${requestId}/confirm`, options),
    withdrawRequest: (requestId, options) => call("DELETE", `/requests/${requestId}`, options),
    listAliens: ({ provider, signal }) => call("GET", `/aliens${query({ provider })}`, { signal }),
    orderImages: (body, { signal } = {}) => call("POST", "/image-orders", { signal, body }),
    waitForOrders: (body, { signal } = {}) => call("POST", "/image-orders/wait", { signal, body }),
    followBuild: (id, { signal } = {}) => follow(`/dib-images/${id}/log`, { client, socketPath, signal }),
    deleteImages: (ids, { signal, comment }) =>
      call("POST", "/images/delete", { signal, body: { ids, comment } }),
    deleteDibImages: (ids, { signal, comment }) =>
      call("POST", "/dib-images/delete", { signal, body: { ids, comment } }),
    listAlienImages: ({ provider, signal }) => call("GET", `/alien-images${query({ provider })}`, { signal }),
    adoptState: ({ dryRun, signal }) => call("POST", "/state/adopt", { signal, body: { dryRun } }),
    reload: (options) => call("POST", "/reload", options),
    [Symbol.asyncDispose]: () => Promise.resolve(client.close()),
  };
}

/** A socket needs no host. Deno looks up what is named all the same, so it is an address: no name server is asked. */
const ANYWHERE = "http://127.0.0.1";

interface CallOptions {
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** The answer's type is the route's: `controlRoutes` makes both from PoolClient. */
type Call = <Answer>(method: string, path: string, options?: CallOptions) => Promise<Answer>;

function caller({ client, socketPath }: { client: Deno.HttpClient; socketPath: string }): Call {
  return async (method, path, { body, signal } = {}) => {
    const request = {
      client,
      method,
      signal,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    };
    const { status, text } = await answerTo(`${ANYWHERE}${path}`, request).catch((cause) => {
      if (signal?.aborted) throw signal.reason;
      throw new NoAnswerError(socketPath, { cause });
    });
    if (status >= 400) throw failureOf(status, text);
    return text === "" ? undefined : JSON.parse(text);
  };
}

/** A body that comes as it is made. */
async function follow(
  path: string,
  { client, socketPath, signal }: { client: Deno.HttpClient; socketPath: string; signal?: AbortSignal },
): Promise<ReadableStream<Uint8Array>> {
  const request = { client, signal };
  const response = await fetch(`${ANYWHERE}${path}`, request).catch((cause) => {
    if (signal?.aborted) throw signal.reason;
    throw new NoAnswerError(socketPath, { cause });
  });
  if (!response.ok || response.body === null) throw failureOf(response.status, await response.text());
  return response.body;
}

/** With its whole body: a daemon may be stopped in the middle of it. */
async function answerTo(url: string, request: RequestInit): Promise<{ status: number; text: string }> {
  const response = await fetch(url, request);
  return { status: response.status, text: await response.text() };
}

function failureOf(status: number, text: string): Error {
  try {
    const answer = JSON.parse(text) as { error: string; status: number };
    if (CONTROL_STATUSES.has(answer.status)) {
      return new ControlError(answer.status as ControlError["status"], answer.error);
    }
    return new Error(`the daemon failed: ${answer.error}; its log says more`);
  } catch {
    return new Error(`the daemon gave an answer that is none (${status}): ${text.slice(0, 200)}`);
  }
}

const CONTROL_STATUSES: ReadonlySet<number> = new Set([400, 404, 409, 410, 503]);

/** `?a=1&b=x` of what is given; nothing where nothing is. */
function query(parts: Readonly<Record<string, string | number | null | undefined>> | object): string {
  const given = Object.entries(parts).filter(([, value]) => value !== null && value !== undefined);
  if (given.length === 0) return "";
  return `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}
