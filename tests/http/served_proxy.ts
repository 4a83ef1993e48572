/** A real proxy for tests: it opens tunnels (CONNECT) and passes plain requests on. */
import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, request as forward, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { SELF_SIGNED } from "./self_signed.ts";

interface ProxyOptions {
  readonly tls?: boolean;
  /** `user:password` that it wants. */
  readonly account?: string;
  /** The status with which it refuses tunnels. */
  readonly refusal?: string;
  /** Whether it takes connections and says nothing. */
  readonly isMute?: boolean;
}

/** A proxy on a port of its own; `seen` are the first lines of what it was asked. */
export async function serveProxy({ tls = false, account, refusal, isMute = false }: ProxyOptions = {}) {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const isKnown = ({ headers }: IncomingMessage) =>
    account === undefined ||
    headers["proxy-authorization"] === `Basic ${Buffer.from(account).toString("base64")}`;
  const server = tls ? createTlsServer(SELF_SIGNED) : createServer();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.on("request", (message: IncomingMessage, answer: ServerResponse) => {
    seen.push(`${message.method} ${message.url}`);
    if (!isKnown(message)) return void answer.writeHead(407).end();
    const { "proxy-authorization": _, ...headers } = message.headers;
    const onward = forward(message.url!, { method: message.method!, headers }, (there) => {
      answer.writeHead(there.statusCode!, there.headers);
      there.pipe(answer);
    });
    onward.on("error", () => answer.writeHead(502).end());
    message.pipe(onward);
  });
  server.on("connect", (message: IncomingMessage, socket: Socket) => {
    seen.push(`CONNECT ${message.url}`);
    if (isMute) return;
    const status = refusal ?? (isKnown(message) ? "" : "407 Proxy Authentication Required");
    if (status !== "") return void socket.end(`HTTP/1.1 ${status}\r\n\r\n`);
    const { hostname, port } = new URL(`http://${message.url}`);
    const there = connect(Number(port), hostname.replace(/^\[|\]$/g, ""), () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      there.pipe(socket).pipe(there);
    });
    sockets.add(there);
    for (const end of [there, socket]) end.on("error", () => (there.destroy(), socket.destroy()));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    seen,
    host: `127.0.0.1:${port}`,
    url: `http${tls ? "s" : ""}://${account === undefined ? "" : `${account}@`}127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
