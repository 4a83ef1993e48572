/**
 * A simulator on the network: its clouds over HTTP, its servers over SSH. On node's HTTP server, because a
 * broken connection is one of the faults and only there can one be closed without a word.
 */
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { finished } from "node:stream/promises";
import type { ApiRequest } from "./exchange.ts";
import type { Simulator } from "./simulator.ts";
import { startSshServer, whyNotListening } from "./ssh_server.ts";

export interface ServedSimulator extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, with no slash at its end. */
  readonly baseUrl: string;
  /** The port at which simulated servers answer, on each one's own address. */
  readonly sshPort: number;
}

/**
 * Serves until disposed of; the simulator itself is not disposed of.
 * @param options `port` and `sshPort` 0 let the system choose; `sshPort` null takes the settings'
 * @throws Error where an address is taken
 */
export async function serveSimulator(
  simulator: Simulator,
  { hostname, port, sshPort = null }: { hostname: string; port: number; sshPort?: number | null },
): Promise<ServedSimulator> {
  await using made = new AsyncDisposableStack();
  const ssh = made.use(await startSshServer(simulator, { port: sshPort ?? simulator.settings.sshPort }));
  const server = createServer((request, response) => {
    answer(simulator, request, response).catch(() => request.socket.destroy());
  });
  await once(server.listen(port, hostname), "listening").catch((error: Error) => {
    const why = `${whyNotListening(error)}; choose another address with --listen`;
    throw new Error(`the simulator cannot listen on ${hostname}:${port}: ${why}`);
  });
  made.defer(async () => {
    const closed = once(server.close(), "close");
    server.closeAllConnections();
    await closed;
  });
  const { port: chosen } = server.address() as AddressInfo;
  const parts = made.move();
  return {
    baseUrl: `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${chosen}`,
    sshPort: ssh.port,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function answer(
  simulator: Simulator,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const outcome = await simulator.answer(asked(request));
  if (outcome === "silence") return;
  if (typeof outcome === "string") {
    request.socket.destroy();
    return;
  }
  const { status, headers, body: content } = outcome;
  const body = content ?? "";
  response.writeHead(status, { ...headers, "content-length": String(Buffer.byteLength(body)) });
  if (request.readableEnded || request.destroyed) return void response.end(body);
  response.write(body);
  // A client that sends its whole request before it reads the answer would find the connection closed.
  await finished(request.resume()).catch(() => {});
  response.end();
}

function asked(request: IncomingMessage): ApiRequest {
  const { method = "GET" } = request;
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const url = `http://${request.headers.host ?? "localhost"}${request.url}`;
  const hasBody = "transfer-encoding" in headers || Number(headers["content-length"] ?? 0) > 0;
  if (hasBody && method !== "GET" && method !== "HEAD") {
    return { method, url, headers, body: bodyOf(request) };
  }
  request.resume();
  return { method, url, headers, body: null };
}

/** The body as it comes, no faster than it is read. */
function bodyOf(request: IncomingMessage): ReadableStream<Uint8Array<ArrayBuffer>> {
  request.on("error", () => {});
  const chunks = request[Symbol.asyncIterator]();
  let begun = false;
  return new ReadableStream({
    async pull(controller) {
      begun = true;
      const { done, value } = await chunks.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    cancel() {
      if (begun) request.destroy();
    },
  }, { highWaterMark: 0 });
}
