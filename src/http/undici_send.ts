/**
 * `Send` over sockets: one keep-alive pool for each origin, and beside it one connection for each streamed body;
 * answers are read whole and bounded, no redirect is followed and nothing repeated. Certificates are read at the first
 * request, so that a missing file is this client's failure only, and again now and then: connections that are made after
 * one was renewed go by the new one. The composition root makes one for each provider and each Jenkins.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { isDeepStrictEqual } from "node:util";
import { Agent, type buildConnector } from "undici";
import type { CloudAccess } from "../domain/cloud_access.ts";
import type { CertificateEnd, ConnectionCount } from "../domain/cloud_stats.ts";
import { proxyFor, type ProxyRules } from "../domain/proxy_rules.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { endsInTime } from "../lib/deadline.ts";
import { CloudError } from "../domain/cloud_error.ts";
import type { Send, SendGuard, SendRequest, SendResponse } from "./send.ts";
import { certificateTime } from "./peer_certificate.ts";
import { describeSendFailure, isUntrusted, shortTime, type Trust } from "./send_failure.ts";
import { sendStreamed, type StreamedRequest } from "./streamed_request.ts";
import { createProxyConnector, createTimedConnector } from "./connectors.ts";
import { MAX_BODY } from "./decoded_body.ts";
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
  /** Says when to look at the certificates again; the system's by default. */
  readonly clock?: Pick<Clock, "monotonic">;
  /** The setting that `caCert` comes from. */
  readonly caSetting?: string;
  /** The advice of an error where a certificate's authority is not known, and there is no `caCert`. */
  readonly trustAdvice?: string;
}

interface Guarded {
  readonly signal: AbortSignal;
  readonly guard: SendGuard | undefined;
}

interface UndiciSend extends Send, AsyncDisposable {
  readonly connections: readonly ConnectionCount[];
  readonly certificates: readonly CertificateEnd[];
}

/** An idle connection is kept for less than the 5 seconds of Apache: a request on a closing connection would be lost. */
const KEEP_ALIVE = 4_000;
const CONNECT_TIMEOUT = 10_000;
/** Between two looks whether certificates were renewed. */
const TLS_PERIOD = 10_000;
/** For a look at a certificate, in a file or of a server. */
const LOOK_TIMEOUT = 1_000;
const TRUST_ADVICE = "set cacert or verify: false";

/** Makes a `Send` that holds connections until it is disposed of. */
export function createUndiciSend(options: UndiciSendOptions): UndiciSend {
  const connections = new Connections(options);
  const send: Send = async (request, { signal, guard }) => {
    signal.throwIfAborted();
    try {
      return await connections.dispatch(request, { signal, guard });
    } catch (error) {
      if (error instanceof CloudError) throw error;
      const url = new URL(request.url);
      const trust = await trustOf(url, { error, options });
      const { ownExpiry } = connections;
      throw describeSendFailure(error, { url, proxy: askedProxy(url, options), signal, trust, ownExpiry });
    }
  };
  return Object.defineProperties(send, {
    connections: { get: () => connections.counts },
    certificates: { get: () => connections.certificates },
    [Symbol.asyncDispose]: { value: () => connections[Symbol.asyncDispose]() },
  }) as UndiciSend;
}

async function trustOf(
  url: URL,
  { error, options }: { error: unknown; options: UndiciSendOptions },
): Promise<Trust> {
  const { caCert, caSetting = "cacert", trustAdvice = TRUST_ADVICE, proxy } = options;
  const mayAsk = isUntrusted(error) && (proxy === undefined || proxyFor(url, proxy) === null);
  return {
    certificate: mayAsk ? await certificateTime(url, { clock: systemClock, timeout: LOOK_TIMEOUT }) : null,
    advice: caCert === null
      ? trustAdvice
      : `${caSetting}, the file ${caCert}, does not hold the certificate of its authority`,
  };
}

class Connections implements AsyncDisposable {
  readonly #options: UndiciSendOptions & { readonly maxBody: number };
  readonly #closing = new AbortController();
  readonly #streamed = new Set<Promise<SendResponse>>();
  readonly #certificates = new Map<string, CertificateEnd>();
  /** As they were read last; null: they could not be yet. */
  #tls: TlsOptions | null = null;
  #reading: Promise<void> | null = null;
  /** When that ended, by the monotonic clock. */
  #readAt = Infinity;
  #agent: Agent | null = null;
  /** Those of former certificates, for what is still in progress. */
  readonly #former = new Set<Agent>();

  constructor(options: UndiciSendOptions) {
    this.#options = { maxBody: MAX_BODY, ...options };
  }

  get counts(): readonly ConnectionCount[] {
    const pools = Object.entries(this.#agent?.stats ?? {}).map(([to, { connected, running, pending }]) => (
      { to, open: Number(connected), busy: running, waiting: pending }
    ));
    const { size } = this.#streamed;
    return size === 0 ? pools : [...pools, { to: "streamed bodies", open: size, busy: size, waiting: 0 }];
  }

  /** For people, where the certificate that is shown to servers has expired; null: there is no such one. */
  get ownExpiry(): string | null {
    const end = endOf(this.#tls?.cert);
    if (end === null || end >= systemClock.wall()) return null;
    return `the certificate ${this.#options.clientCert} expired on ${shortTime(end)}: renew it`;
  }

  get certificates(): readonly CertificateEnd[] {
    return [...this.#certificates.values()];
  }

  async dispatch(request: SendRequest, { signal, guard }: Guarded): Promise<SendResponse> {
    const tls = await this.#readTls(signal);
    if (isStreamed(request)) return await this.#stream(request, { tls, signal, guard });
    this.#agent ??= this.#createAgent(tls);
    const proxy = askedProxy(new URL(request.url), this.#options);
    return await exchange(this.#agent, request, { signal, maxBody: this.#options.maxBody, proxy, guard });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error("the client was closed"));
    await Promise.all([this.#agent, ...this.#former].map((agent) => agent?.destroy()));
    await Promise.allSettled(this.#streamed);
  }

  /** As the files are now; where they cannot be read any more, or not soon, as they were. @throws CloudError */
  async #readTls(signal: AbortSignal): Promise<TlsOptions> {
    const { clock = systemClock, connectTimeout = CONNECT_TIMEOUT } = this.#options;
    if (this.#reading === null || clock.monotonic() - this.#readAt >= TLS_PERIOD) {
      // Where the file system hangs, it is asked only once.
      this.#readAt = Infinity;
      this.#reading = this.#readAgain().finally(() => this.#readAt = clock.monotonic());
    }
    // Most requests: they have been read, and are not being read again.
    if (this.#tls !== null && this.#readAt !== Infinity) return this.#tls;
    const timeout = this.#tls === null ? connectTimeout : LOOK_TIMEOUT;
    await endsInTime(this.#reading, { clock: systemClock, timeout, signal });
    if (this.#tls !== null) return this.#tls;
    const message = "the files of cacert, cert and key cannot be read: their file system does not respond";
    throw new CloudError("unavailable", message, { effect: "none" });
  }

  async #readAgain(): Promise<void> {
    try {
      const tls = await readTls(this.#options);
      if (isDeepStrictEqual(tls, this.#tls)) return;
      if (this.#tls !== null) checkPair(tls);
      this.#leaveAgent();
      this.#tls = tls;
    } catch (error) {
      if (this.#tls !== null) return;
      this.#reading = null;
      throw error;
    }
  }

  #leaveAgent(): void {
    const former = this.#agent;
    if (former === null) return;
    this.#agent = null;
    this.#former.add(former);
    void former.close().catch(() => {}).finally(() => this.#former.delete(former));
  }

  async #stream(
    request: StreamedRequest,
    { tls, signal, guard }: Guarded & { tls: TlsOptions },
  ): Promise<SendResponse> {
    const answer = sendStreamed(request, {
      signal: AbortSignal.any([signal, this.#closing.signal]),
      maxBody: this.#options.maxBody,
      proxy: askedProxy(new URL(request.url), this.#options),
      guard,
      connector: (closing) => this.#connector(tls, closing),
    }).finally(() => this.#streamed.delete(answer));
    this.#streamed.add(answer);
    return await answer;
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

/** Texts of PEM. */
interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

async function readTls(options: UndiciSendOptions): Promise<TlsOptions> {
  const ca = await readPem(options.caSetting ?? "cacert", options.caCert);
  const cert = await readPem("cert", options.clientCert);
  const key = await readPem("key", options.clientKey) ?? cert;
  return {
    rejectUnauthorized: options.verify,
    ...(ca !== null && { ca }),
    ...(cert !== null && { cert, key: key ?? cert }),
  };
}

/** Milliseconds since 1970; null: it is no certificate, which the connection says. */
function endOf(cert: string | undefined): number | null {
  try {
    return cert === undefined ? null : Date.parse(new X509Certificate(cert).validTo);
  } catch {
    return null;
  }
}

/** @throws Error where the files of a certificate and its key do not belong together: a renewal is half way */
function checkPair({ cert, key }: TlsOptions): void {
  if (cert === undefined || key === undefined) return;
  if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return;
  throw new Error("the key is not the certificate's");
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
  // A link may lead nowhere.
  const texts = await Promise.all(
    files.toSorted().map((name) => Deno.readTextFile(`${path}/${name}`).catch(() => "")),
  );
  return texts.filter((text) => text.includes("-----BEGIN CERTIFICATE-----")).join("\n");
}
