/** Listens for the status endpoint. The daemon calls it; by default the configuration says loopback. */
import { HttpServer } from "../lib/http/http_server.ts";
import { bareFailure } from "./failure_body.ts";
import { bracketed } from "../domain/bracketed.ts";

export interface ServeSiteOptions {
  /** One at least. Port 0: any free one. */
  readonly listen: readonly { readonly hostname: string; readonly port: number }[];
  /** At once, over all addresses. */
  readonly connections?: number;
  /** Besides these, answers that go on for as long as the client wants. */
  readonly streams?: number;
}

export type ServedSite = ReturnType<typeof serveSite>;

/** The status endpoint cannot listen: what was attempted, why, what to do. */
export class ServeSiteError extends Error {
  override readonly name = "ServeSiteError";
}

/** The page that goes on for as long as the client wants. */
const EVENTS = "/events";

/** Always answered: without an answer, a liveness probe has the daemon restarted, and a load balancer takes it for unable. */
const PROBES: readonly string[] = ["/healthz", "/readyz"];

type Handler = (request: Request) => Response | Promise<Response>;

/**
 * Serves until it is disposed of; answers that are in progress are finished.
 * @throws ServeSiteError when an address is taken or none of this machine's
 */
export function serveSite(
  site: { fetch: Handler },
  { listen: addresses, connections, streams }: ServeSiteOptions,
) {
  const listeners = listenAll(addresses);
  const share = (all: number) => Math.max(2, Math.floor(all / addresses.length));
  const limits = {
    ...(connections === undefined ? {} : { connections: share(connections) }),
    ...(streams === undefined ? {} : { streams: share(streams) }),
  };
  const servers = listeners.map((listener, index) => {
    const listenName = addresses[index]!.hostname;
    const url = urlOf(listenName, listener.addr.port);
    const handler = isLoopback(listener.addr.hostname)
      ? forThisMachine(site.fetch, { listenName, url })
      : site.fetch;
    const server = new HttpServer(handler, {
      limits,
      isStream: (path) => path === EVENTS,
      isAlwaysAnswered: (path) => PROBES.includes(path),
    });
    server.listen(listener);
    return { server, url };
  });
  const sum = (what: "open" | "busy") =>
    servers.reduce((total, { server }) => total + server.counts[what], 0);
  return {
    /** `http://127.0.0.1:8005`, for each address. */
    urls: servers.map(({ url }) => url),
    get connections() {
      return { open: sum("open"), busy: sum("busy") };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map(({ server }) => server[Symbol.asyncDispose]()));
    },
  };
}

/** All or none. */
function listenAll(addresses: ServeSiteOptions["listen"]): readonly Deno.TcpListener[] {
  using opening = new DisposableStack();
  const listeners = addresses.map((address) => opening.use(listen(address)));
  opening.move();
  return listeners;
}

function urlOf(hostname: string, port: number): string {
  return `http://${bracketed(hostname)}:${port}`;
}

/**
 * A page elsewhere can make its own name stand for 127.0.0.1 and have a browser here read what only this machine may
 * read. The browser still says that name, so no other name than this machine's is answered.
 */
function forThisMachine(
  handler: Handler,
  { listenName, url }: { listenName: string; url: string },
): Handler {
  return (request) => {
    const { hostname } = new URL(request.url);
    if (namesThisMachine(hostname, listenName)) return handler(request);
    return bareFailure(request.headers.get("accept") ?? undefined, {
      status: 421,
      message: `this endpoint serves this machine only: use localhost or 127.0.0.1, not ${hostname}`,
      title: "nodepool",
      base: `${url}/`,
    });
  };
}

function listen(address: { hostname: string; port: number }): Deno.TcpListener {
  try {
    return Deno.listen(address);
  } catch (cause) {
    const what = `the status endpoint cannot listen on ${address.hostname}:${address.port}`;
    throw new ServeSiteError(`${what}: ${explain(cause)}`, { cause });
  }
}

function explain(cause: unknown): string {
  if (cause instanceof Deno.errors.AddrInUse) {
    return "another program does; stop it, or change `listen` under `status`";
  }
  if (cause instanceof Deno.errors.AddrNotAvailable) return "this machine does not have that address";
  if (cause instanceof Deno.errors.PermissionDenied) return "ports below 1024 need privileges";
  return "the system refused";
}

/** @param address an IP address as the system gives it */
function isLoopback(address: string): boolean {
  return /^(::ffff:)?127(\.\d+){3}$/.test(address) || address === "::1";
}

/**
 * @param hostname of a request's URL: lower case, IPv4 addresses in four numbers, IPv6 ones in brackets
 * @param listenName what the configuration listens on, by which it may be asked for too
 */
export function namesThisMachine(hostname: string, listenName = ""): boolean {
  const name = hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  return name === "localhost" || isLoopback(name) || name === listenName.toLowerCase();
}
