/**
 * The pool of the daemon that leads it, asked from any machine. It is watched for as long as it is open: a machine that has
 * lost its network says no goodbye, so that once another leads, questions end without an answer.
 */
import type { Etcd } from "../etcd/etcd.ts";
import { askEtcd } from "../etcd/ask_etcd.ts";
import type { PoolKeys } from "../lead/pool_keys.ts";
import { type FoundLeader, readLeader } from "../lead/read_records.ts";
import { sleptThrough } from "../lib/clock.ts";
import { SECOND } from "../domain/time.ts";
import { RemotePool } from "./control_client.ts";
import { openLeaderWire } from "./leader_wire.ts";
import type { SilenceWatch } from "./watch_silence.ts";

interface WatchDeps extends SilenceWatch {
  readonly etcd: Etcd;
  readonly keys: PoolKeys;
}

/** Between two looks whether it still leads. */
const WATCH = 2 * SECOND;

export function ledPool({ record, token }: FoundLeader, deps: WatchDeps): RemotePool {
  const over = new AbortController();
  const stop = new AbortController();
  const wire = openLeaderWire(record, { until: over.signal });
  const watching = watch(token, { ...deps, over, stop: stop.signal });
  return new RemotePool({
    place: wire.place,
    send: (call, options) => wire.send(call, options),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await watching;
      await wire[Symbol.asyncDispose]();
    },
  }, deps);
}

async function watch(
  token: number,
  { etcd, keys, clock, over, stop }: WatchDeps & { over: AbortController; stop: AbortSignal },
): Promise<void> {
  while (await sleptThrough(clock, WATCH, { signal: stop })) {
    const leader = await askEtcd((call) => readLeader(etcd, keys, call), { clock, signal: stop })
      .catch(() => undefined);
    if (leader === undefined || leader?.token === token) continue;
    return over.abort(new Error("it no longer leads the pool"));
  }
}
