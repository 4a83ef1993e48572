/**
 * Ports and floating IPs that a cloud has listed, by what they are looked for. A list is gone through once for as long as it
 * is the same object, so that asking for each node's own costs nothing however long it is. Planners and watches ask.
 */
import type { FloatingIp, Port } from "../domain/server.ts";

/** Those of a list with a key, in its order. */
function lookup<Row, Key>(keyOf: (row: Row) => Key) {
  const known = new WeakMap<readonly Row[], ReadonlyMap<Key, readonly Row[]>>();
  return (list: readonly Row[], key: Key): readonly Row[] =>
    known.getOrInsertComputed(list, () => Map.groupBy(list, keyOf)).get(key) ?? [];
}

export const portsByServer = lookup(({ serverId }: Port) => serverId);
export const floatingIpsByPort = lookup(({ portId }: FloatingIp) => portId);
export const floatingIpsByAddress = lookup(({ address }: FloatingIp) => address);
