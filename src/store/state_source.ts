/** Reading the database of a state: Deno KV, which has these two methods itself, or etcd. */

export interface StateEntry {
  readonly key: Deno.KvKey;
  readonly value: unknown;
}

export interface StateSource {
  /** `value` null: there is no such key. */
  get(key: Deno.KvKey): Promise<StateEntry>;
  /** In the order of the keys. */
  list(
    selector: Deno.KvListSelector,
    options?: { limit?: number; reverse?: boolean; batchSize?: number },
  ): AsyncIterable<StateEntry>;
}
