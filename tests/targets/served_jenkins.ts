/** A Jenkins double on the network, on node's HTTP server: only there can a connection be closed without a word. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { JenkinsDouble } from "./jenkins_double.ts";

interface ServedJenkins extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
}

export async function serveJenkins(jenkins: JenkinsDouble): Promise<ServedJenkins> {
  const server = createServer((request, response) => {
    respond(jenkins, request, response).catch(() => request.socket.destroy());
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  jenkins: JenkinsDouble,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const outcome = await jenkins.answer(await toRequest(request));
  if (outcome === "silence") return;
  if (!(outcome instanceof Response)) {
    request.socket.destroy();
    return;
  }
  response.writeHead(outcome.status, Object.fromEntries(outcome.headers));
  response.end(new Uint8Array(await outcome.arrayBuffer()));
}

async function toRequest(request: IncomingMessage): Promise<Request> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value));
  const method = request.method ?? "GET";
  const body = method === "GET" ? null : new Blob(chunks as BlobPart[]);
  return new Request(`http://${request.headers.host}${request.url}`, { method, headers, body });
}
