/**
 * `Send` over sockets: one keep-alive pool for each origin, and beside it one connection for each streamed body;
 * answers are read whole and bounded, no redirect is followed and nothing repeated. Certificates are read at the first
 * request, so that a missing file is this client's failure only. The composition root makes one for each provider and each Jenkins.
 */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { Agent, type buildConnector } from "undici";
import type { CloudAccess } from "../domain/cloud_access.ts";
import type { CertificateEnd, ConnectionCount } from "../domain/cloud_stats.ts";
import { proxyFor, type ProxyRules } from "../domain/proxy_rules.ts";
import { systemClock } from "../lib/clock.ts";
import { CloudError } from "../domain/cloud_error.ts";
import type { Send, SendRequest, SendResponse } from "./send.ts";
import { describeSendFailure } from "./send_failure.ts";
import { sendStreamed, type StreamedRequest } from "./streamed_request.ts";
import { createProxyConnector } from "./proxy_connector.ts";
import { createTimedConnector } from "./timed_connector.ts";
import { exchange } from "./undici_exchange.ts";

/** `caCert`, `clientCert` and `clientKey` are paths of PEM files; a client certificate may hold its key itself. */
export interface UndiciSendOptions
  extends Pick<CloudAccess, "verify" | "caCert" | "clientCert" | "clientKey"> {
  /** Left out: none. */
  readonly proxy?: ProxyRules;
  /** Connections to one origin at once, besides those of streamed bodies. */
  readonly connections: number;
  /** Milliseconds for a connection to be made, TLS included. */
  readonly connectTimeout?: number;
  /** Bytes of an answer at most. */
  readonly maxBody?: number;
  /** The advice of an error where a certificate is not trusted. */
  readonly trustAdvice?: string;
}

interface UndiciSend extends Send, AsyncDisposable {
  readonly connections: readonly ConnectionCount[];
  readonly certificates: readonly CertificateEnd[];
}

/** An idle connection is kept for less than the 5 seconds of Apache: a request on a closing connection would be lost. */
const KEEP_ALIVE = 4_000;
const CONNECT_TIMEOUT = 10_000;
const MAX_BODY = 64 * 2 ** 20;
const TRUST_ADVICE = "set cacert or verify: false";

/** Makes a `Send` that holds connections until it is disposed of. */
export function createUndiciSend(options: UndiciSendOptions): UndiciSend {
  const { trustAdvice = TRUST_ADVICE } = options;
  const connections = new Connections(options);
  const send: Send = async (request, { signal }) => {
    signal.throwIfAborted();
    try {
      return await connections.dispatch(request, { signal });
    } catch (error) {
      if (error instanceof CloudError) throw error;
      const url = new URL(request.url);
      throw describeSendFailure(error, { url, proxy: askedProxy(url, options), signal, trustAdvice });
    }
  };
  Object.defineProperty(send, "connections", { get: () => connections.counts });
  Object.defineProperty(send, "certificates", { get: () => connections.certificates });
  return Object.assign(send as Send & Pick<UndiciSend, "connections" | "certificates">, {
    [Symbol.asyncDispose]: () => connections[Symbol.asyncDispose](),
  });
}

class Connections implements AsyncDisposable {
  readonly #options: UndiciSendOptions;
  readonly #maxBody: number;
  readonly #closing = new AbortController();
  readonly #streamed = new Set<Promise<SendResponse>>();
  readonly #certificates = new Map<string, CertificateEnd>();
  #tls: Promise<TlsOptions> | null = null;
  #agent: Agent | null = null;

  constructor(options: UndiciSendOptions) {
    this.#options = options;
    this.#maxBody = options.maxBody ?? MAX_BODY;
  }

  get counts(): readonly ConnectionCount[] {
    const pools = Object.entries(this.#agent?.stats ?? {}).map(([to, { connected, running, pending }]) => (
      { to, open: Number(connected), busy: running, waiting: pending }
    ));
    const { size } = this.#streamed;
    return size === 0 ? pools : [...pools, { to: "streamed bodies", open: size, busy: size, waiting: 0 }];
  }

  get certificates(): readonly CertificateEnd[] {
    return [...this.#certificates.values()];
  }

  async dispatch(request: SendRequest, { signal }: { signal: AbortSignal }): Promise<SendResponse> {
    const tls = await this.#readTls();
    if (isStreamed(request)) return await this.#stream(request, { tls, signal });
    this.#agent ??= this.#createAgent(tls);
    const proxy = askedProxy(new URL(request.url), this.#options);
    return await exchange(this.#agent, request, { signal, maxBody: this.#maxBody, proxy });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error("the client was closed"));
    await this.#agent?.destroy();
    await Promise.allSettled(this.#streamed);
  }

  /** Read once, unless that fails. */
  async #readTls(): Promise<TlsOptions> {
    try {
      return await (this.#tls ??= readTls(this.#options));
    } catch (error) {
      this.#tls = null;
      throw error;
    }
  }

  async #stream(
    request: StreamedRequest,
    { tls, signal }: { tls: TlsOptions; signal: AbortSignal },
  ): Promise<SendResponse> {
    const answer = sendStreamed(request, {
      signal: AbortSignal.any([signal, this.#closing.signal]),
      maxBody: this.#maxBody,
      proxy: askedProxy(new URL(request.url), this.#options),
      connector: (closing) => this.#connector(tls, closing),
    });
    this.#streamed.add(answer);
    try {
      return await answer;
    } finally {
      this.#streamed.delete(answer);
    }
  }

  #createAgent(tls: TlsOptions): Agent {
    return new Agent({
      connections: this.#options.connections,
      keepAliveTimeout: KEEP_ALIVE,
      // The caller's signal is the only deadline of an answer.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: this.#connector(tls, this.#closing.signal),
    });
  }

  #connector(tls: TlsOptions, closing: AbortSignal): buildConnector.connector {
    const { connectTimeout: timeout = CONNECT_TIMEOUT, proxy: rules } = this.#options;
    const timing = { clock: systemClock, timeout, closing };
    const onMade = (host: string, socket: Socket) => {
      const validUntil = certificateEnd(socket);
      if (validUntil !== null) this.#certificates.set(host, { host, validUntil });
    };
    const direct = createTimedConnector(tls, { ...timing, onMade });
    if (rules === undefined) return direct;
    const anonymous = { ...tls, cert: undefined, key: undefined };
    const toProxy = createTimedConnector(anonymous, { ...timing, onMade: () => {} });
    return createProxyConnector({ rules, direct, toProxy, ...timing });
  }
}

/** The proxy that is asked in the host's place: where what is asked for is not secret, it needs no tunnel. */
function askedProxy(url: URL, { proxy }: UndiciSendOptions): URL | null {
  return proxy === undefined || url.protocol === "https:" ? null : proxyFor(url, proxy);
}

/** null: it is no TLS connection, or goes on with an earlier one. */
function certificateEnd(socket: Socket): number | null {
  if (!(socket instanceof TLSSocket)) return null;
  const end = Date.parse(socket.getPeerCertificate().valid_to ?? "");
  return Number.isNaN(end) ? null : end;
}

function isStreamed(request: SendRequest): request is StreamedRequest {
  return request.body instanceof ReadableStream;
}

type TlsOptions = Parameters<typeof createTimedConnector>[0];

async function readTls(options: UndiciSendOptions): Promise<TlsOptions> {
  const ca = await readPem("cacert", options.caCert);
  const cert = await readPem("cert", options.clientCert);
  const key = await readPem("key", options.clientKey) ?? cert;
  return {
    rejectUnauthorized: options.verify,
    ...(ca !== null && { ca }),
    ...(cert !== null && { cert, key: key ?? cert }),
  };
}

async function readPem(setting: string, path: string | null): Promise<string | null> {
  if (path === null) return null;
  try {
    const { isDirectory } = await Deno.stat(path);
    return isDirectory ? await readFolder(path) : await Deno.readTextFile(path);
  } catch (cause) {
    throw new CloudError("unavailable", `cannot read the file ${path}; check ${setting}`, {
      effect: "none",
      cause,
    });
  }
}

/** Every certificate in a folder of authorities, as OpenSSL's tools make one. */
async function readFolder(path: string): Promise<string> {
  const entries = await Array.fromAsync(Deno.readDir(path));
  const files = entries.filter(({ isFile, isSymlink }) => isFile || isSymlink).map(({ name }) => name);
  const texts = await Promise.all(files.toSorted().map((name) => readIfThere(`${path}/${name}`)));
  return texts.filter((text) => text.includes("-----BEGIN CERTIFICATE-----")).join("\n");
}

/** A link may lead nowhere. */
async function readIfThere(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    return "";
  }
}
