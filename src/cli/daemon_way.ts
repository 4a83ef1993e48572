/** How the daemon of a pool is found, again and again: on its socket, or where etcd says. `LastingPool` goes by it. */
import type { PlacedPool } from "../control/pool_in_etcd.ts";
import type { PoolClient } from "../control/pool_client.ts";
import { controlSocketPath } from "../control/socket_path.ts";
import { isEtcdState } from "../domain/etcd_address.ts";
import type { Call } from "../lib/call.ts";
import type { CliContext } from "./cli_context.ts";
import { connectTo, openDaemonsPool } from "./open_pool.ts";

export interface DaemonWay extends AsyncDisposable {
  /** Whether the next daemon may be on another machine. */
  readonly isAnywhere: boolean;
  /** The daemon's pool; null: whether one runs cannot be found out now. @throws NoDaemonError, ControlError 503 where none does */
  first(): Promise<PoolClient | null>;
  /** null: none runs now. @throws ControlError 503 where that cannot be found out */
  find(call: Call): Promise<PlacedPool | null>;
}

export async function openDaemonWay(context: CliContext, state: string): Promise<DaemonWay> {
  if (isEtcdState(state)) return new (await import("./etcd_way.ts")).EtcdWay(context, state);
  return {
    isAnywhere: false,
    first: () => openDaemonsPool(context),
    async find() {
      const place = controlSocketPath(state);
      const pool = await connectTo(place, context.io);
      return pool && { pool, place };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
