/**
 * The keys of a pool in etcd: all that lie below `/nodepool/POOL/`. Pools that share an etcd share no key, and a user of
 * etcd who may use this prefix alone may use this pool alone.
 */

export interface PoolKeys {
  readonly pool: string;
  /** The beginning of them all; ends with a slash, as the others do. */
  readonly prefix: string;
  /** The record of who leads. */
  readonly leader: string;
  /** The beginning of the records of standbys and builders. */
  readonly members: string;
  /** The beginning of the state's keys. */
  readonly state: string;
}

export function poolKeys(pool: string): PoolKeys {
  const prefix = `/nodepool/${pool}/`;
  return { pool, prefix, leader: `${prefix}leader`, members: `${prefix}member/`, state: `${prefix}state/` };
}

/** All keys that begin so, as a range of etcd; what they begin with ends with a slash. */
export function keysBelow(prefix: string): { readonly key: string; readonly end: string } {
  // The character after the slash.
  return { key: prefix, end: `${prefix.slice(0, -1)}0` };
}
