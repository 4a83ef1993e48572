/** Listens for the status endpoint. The daemon calls it; by default the configuration says loopback. */
import { HttpServer } from "../lib/http/http_server.ts";
import { isLoopback, namesThisMachine } from "./loopback_host.ts";

export interface ServeSiteOptions {
  readonly hostname: string;
  /** 0: any free one. */
  readonly port: number;
  /** At once. */
  readonly connections?: number;
}

export interface ServedSite extends AsyncDisposable {
  /** `http://127.0.0.1:8005`. */
  readonly url: string;
  readonly connections: HttpServer["counts"];
}

/** The status endpoint cannot listen: what was attempted, why, what to do. */
export class ServeSiteError extends Error {
  override readonly name = "ServeSiteError";
}

type Handler = (request: Request) => Response | Promise<Response>;

/**
 * Serves until it is disposed of; answers that are under way are finished.
 * @throws ServeSiteError when the address is taken or none of this machine's
 */
export function serveSite(site: { fetch: Handler }, options: ServeSiteOptions): ServedSite {
  const { hostname, port, connections } = options;
  const listener = listen({ hostname, port });
  const { addr } = listener;
  const all: Handler = (request) => site.fetch(request);
  const server = new HttpServer(isLoopback(addr.hostname) ? forThisMachine(all, hostname) : all, {
    limits: connections === undefined ? {} : { connections },
  });
  server.listen(listener);
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return {
    url: `http://${host}:${addr.port}`,
    get connections() {
      return server.counts;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/**
 * A page elsewhere can make its own name stand for 127.0.0.1 and have a browser here read what only this machine may
 * read. The browser still says that name, so no other name than this machine's is answered.
 */
function forThisMachine(handler: Handler, listenName: string): Handler {
  return (request) => {
    const { hostname } = new URL(request.url);
    if (namesThisMachine(hostname, listenName)) return handler(request);
    const what = `this endpoint is for this machine: ask for localhost or 127.0.0.1, not for ${hostname}`;
    return new Response(`${what}\n`, {
      status: 421,
      headers: { "content-type": "text/plain; charset=utf-8" },
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
    return "another program does; stop it, or give another `listen` under `status`";
  }
  if (cause instanceof Deno.errors.AddrNotAvailable) return "this machine does not have that address";
  if (cause instanceof Deno.errors.PermissionDenied) return "ports below 1024 need privileges";
  return "the system refuses";
}
