/**
 * The seat of the one process that works on a pool's state: it has the lock of a file (`file_seat.ts`), or leads the pool on
 * etcd (`member.ts`). The daemon takes one, and runs the pool on it; both kinds look the same from there.
 */
import type { LocalPool } from "../control/pool_client.ts";
import type { Config } from "../domain/config.ts";
import type { Machines } from "../lead/machines.ts";
import type { HttpHandler } from "../lib/http/http_server.ts";
import type { ServedSite, ServeSiteOptions } from "../site/serve_site.ts";
import type { Store } from "../store/store.ts";

export interface Seat extends AsyncDisposable {
  readonly store: Store;
  /** The configuration to begin with. */
  readonly config: Config;
  /** Of its files when it was read; left out: they were read at the daemon's start. */
  readonly stamp?: string;
  /** null: the state lies in a file, and no other machine can take over. */
  readonly machines: Machines | null;
  /** Resolves once this process has to end for another one's sake: it no longer leads, or somebody wants another to. */
  readonly left: Promise<"lost" | "resigned">;
  /** Answers commands from the pool until it is disposed of. */
  serveControl(
    pool: LocalPool,
    options: { readonly connections: number; onDefect(error: unknown): void },
  ): Promise<Omit<ServedSite, "urls">>;
  /** Serves the status endpoint until it is disposed of. */
  serveSite(site: { fetch: HttpHandler }, options: Omit<ServeSiteOptions, "listen">): ServedSite;
}
