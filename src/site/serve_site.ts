/** Listens for the status endpoint. The daemon calls it; by default the configuration says loopback. */

export interface ServeSiteOptions {
  readonly hostname: string;
  /** 0: any free one. */
  readonly port: number;
}

export interface ServedSite extends AsyncDisposable {
  /** `http://127.0.0.1:8005`. */
  readonly url: string;
}

/** The status endpoint cannot listen: what was attempted, why, what to do. */
export class ServeSiteError extends Error {
  override readonly name = "ServeSiteError";
}

/**
 * Serves until it is disposed of; answers that are under way are finished.
 * @throws ServeSiteError when the address is taken or none of this machine's
 */
export function serveSite(
  site: { fetch(request: Request): Response | Promise<Response> },
  { hostname, port }: ServeSiteOptions,
): ServedSite {
  const server = listen((request) => site.fetch(request), { hostname, port });
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return {
    url: `http://${host}:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function listen(
  handler: (request: Request) => Response | Promise<Response>,
  { hostname, port }: ServeSiteOptions,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ hostname, port, onListen() {} }, handler);
  } catch (cause) {
    const what = `the status endpoint cannot listen on ${hostname}:${port}`;
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
