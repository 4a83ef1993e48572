/**
 * Ports and floating IPs that a cloud has listed, by what they are looked for. A list is gone through once for as long as it
 * is the same object, so that asking for each node's own costs nothing however long it is. Planners and watches ask.
 */
import type { FloatingIp, Port } from "../domain/server.ts";

class Lookup<Row, Key> {
  readonly #keyOf: (row: Row) => Key;
  readonly #known = new WeakMap<readonly Row[], ReadonlyMap<Key, readonly Row[]>>();

  constructor(keyOf: (row: Row) => Key) {
    this.#keyOf = keyOf;
  }

  /** Those with that key, in the order of the list. */
  in(list: readonly Row[], key: Key): readonly Row[] {
    const known = this.#known.get(list) ?? Map.groupBy(list, this.#keyOf);
    this.#known.set(list, known);
    return known.get(key) ?? [];
  }
}

export const portsByServer = new Lookup(({ serverId }: Port) => serverId);
export const floatingIpsByPort = new Lookup(({ portId }: FloatingIp) => portId);
export const floatingIpsByAddress = new Lookup(({ address }: FloatingIp) => address);
