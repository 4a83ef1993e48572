/**
 * undici's connectors. One has a deadline on our own clock: undici's shared coarse timer would outlive every client. One
 * leads to what lies behind a proxy: a connection to the proxy, a tunnel through it (CONNECT), and TLS with the cloud
 * inside of the tunnel. Plain http has no tunnel: `undici_send` asks the proxy itself. It calls these, too.
 */
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { unescape } from "node:querystring";
import { buildConnector } from "undici";
import { unbracketed } from "../domain/bracketed.ts";
import { describeProxy, proxyFor, type ProxyRules } from "../domain/proxy_rules.ts";
import type { Milliseconds } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { inTime } from "../lib/deadline.ts";
import { CloudError } from "../domain/cloud_error.ts";
import { describeSendFailure } from "./send_failure.ts";

type Connector = buildConnector.connector;

interface ProxyConnectorOptions {
  readonly rules: ProxyRules;
  /** To the cloud, over the socket given as `httpSocket` where there is one. */
  readonly direct: Connector;
  readonly toProxy: Connector;
  readonly clock: Clock;
  /** For the tunnel to be opened. */
  readonly timeout: Milliseconds;
  /** Its abort ends tunnels that are not open yet. */
  readonly closing: AbortSignal;
}

export function createProxyConnector(options: ProxyConnectorOptions): Connector {
  const { rules, direct, toProxy } = options;
  return (target, callback) => {
    const proxy = target.protocol === "https:" ? tunnelFor(new URL(`https://${target.host}`), rules) : null;
    if (proxy === null) return direct(target, callback);
    const { protocol, host, hostname, port } = proxy;
    toProxy(
      {
        protocol,
        host,
        hostname: unbracketed(hostname),
        port: port || (protocol === "https:" ? "443" : "80"),
      },
      (error, socket) => {
        if (error !== null || socket === null) return callback(unreached(error, proxy), null);
        openTunnel(socket as Socket, { ...options, proxy, to: authority(target) }).then(
          () => direct({ ...target, httpSocket: socket as Socket }, callback),
          (refusal: Error) => (socket.destroy(), callback(refusal, null)),
        );
      },
    );
  };
}

/** The header by which a proxy knows who asks; none where its address has no user. */
export function proxyAuthorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === "") return {};
  // As other programs do, it takes a % that begins no %XX as it is.
  const text = `${unescape(username)}:${unescape(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(text).toString("base64")}` };
}

/** The error for a proxy's refusal. */
export function proxyRefusal(proxy: URL, { to, status }: { to: string; status: string }): CloudError {
  const advice = status.startsWith("407")
    ? "give it a user and a password in its address (http://user:password@host:port)"
    : "ask its administrator, or add the host to no_proxy";
  const message = `the proxy ${describeProxy(proxy)} refuses to connect to ${to} (${status}); ${advice}`;
  return new CloudError("unavailable", message, { effect: "none" });
}

/** Requests to the proxy itself go through no tunnel. */
function tunnelFor(url: URL, rules: ProxyRules): URL | null {
  const isProxy = [rules.http, rules.https].some((each) =>
    each !== null && new URL(each).origin === url.origin
  );
  return isProxy ? null : proxyFor(url, rules);
}

function authority({ host, port }: Parameters<Connector>[0]): string {
  const { hostname, port: named } = new URL(`https://${host}`);
  return `${hostname}:${named || port || "443"}`;
}

async function openTunnel(
  socket: Socket,
  { proxy, to, clock, timeout, closing }: ProxyConnectorOptions & { proxy: URL; to: string },
): Promise<void> {
  const headers = Object.entries({ host: to, ...proxyAuthorization(proxy) });
  const lines = [`CONNECT ${to} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  const head = await inTime(readHead(socket), { clock, timeout, signal: closing }).catch(() => null);
  if (head === null) {
    const message = `the proxy ${describeProxy(proxy)} did not connect to ${to} in time`;
    throw new CloudError("unavailable", message, { effect: "none" });
  }
  const status = /^HTTP\/1\.[01] (\d{3}.*)/.exec(head)?.[1]?.trim() ?? "no HTTP answer";
  if (!status.startsWith("2")) throw proxyRefusal(proxy, { to, status });
}

/** The answer up to its empty line; what comes behind it stays. */
function readHead(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const done = () => {
      socket.off("readable", onReadable).off("end", done).off("error", done).off("close", done);
      resolve(text);
    };
    const onReadable = () => {
      for (let byte = socket.read(1); byte !== null; byte = socket.read(1)) {
        text += byte.toString("latin1");
        if (text.endsWith("\r\n\r\n") || text.length > LONGEST_HEAD) return done();
      }
    };
    socket.on("readable", onReadable).on("end", done).on("error", done).on("close", done);
  });
}

const LONGEST_HEAD = 16_384;

function unreached(error: Error | null, proxy: URL): CloudError {
  const { signal } = new AbortController();
  const advice = "its CA must be in cacert or among the system's";
  const trust = { certificate: null, advice };
  return describeSendFailure(error, { url: proxy, proxy, signal, trust });
}

/** @param options `closing`: its abort ends connections that are not made yet; `onMade`: called with each made one */
export function createTimedConnector(
  tls: buildConnector.BuildOptions,
  options: {
    clock: Clock;
    timeout: Milliseconds;
    closing: AbortSignal;
    onMade: (host: string, socket: Socket) => void;
  },
): buildConnector.connector {
  const connect = buildConnector({ ...tls, timeout: 0, allowH2: false }) as (
    ...args: Parameters<buildConnector.connector>
  ) => Socket;
  return (target, callback) => {
    const made = new AbortController();
    const socket = connect(target, (...result) => {
      made.abort();
      if (result[1] !== null) options.onMade(target.host ?? target.hostname, result[1]);
      callback(...result);
    });
    const signal = AbortSignal.any([made.signal, options.closing]);
    options.clock.sleep(options.timeout, { signal }).then(
      () => socket.destroy(Object.assign(new Error("timed out"), { code: "UND_ERR_CONNECT_TIMEOUT" })),
      () => made.signal.aborted || socket.destroy(new Error("the client was closed")),
    );
  };
}
