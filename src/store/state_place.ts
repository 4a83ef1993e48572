/** Where a state lies, for its copies: the path of a file, or the keys of a pool in etcd. */
import type { Etcd } from "../etcd/etcd.ts";
import type { PoolKeys } from "../lead/pool_keys.ts";
import type { Call } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";

export interface EtcdPlace extends Call {
  readonly address: string;
  /** Its name there. */
  readonly pool: string;
  readonly keys: PoolKeys;
  readonly etcd: Etcd;
  readonly clock: Clock;
  readonly random: Random;
}

export type StatePlace = string | EtcdPlace;

/** For messages. */
export function nameOfPlace(place: StatePlace): string {
  return typeof place === "string" ? place : place.address;
}
