/** A store that lives as long as the process: for tests, and for commands that find no state. */
import type { Installation } from "../domain/installation.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import { KeyValueStore } from "./key_value_store.ts";
import { keys } from "./keys.ts";
import { KvWriter, type Transactions, type Written } from "./kv_writer.ts";
import { migrations, schemaVersion } from "./migrations.ts";
import { StateReader } from "./state_reader.ts";
import type { StateEntry, StateSource } from "./state_source.ts";
import { encodedRange, encodeKey } from "./state_text.ts";
import { idKinds, type Store } from "./store.ts";

interface MemoryStoreOptions {
  readonly clock: Pick<Clock, "now">;
  readonly random: Pick<Random, "uuid">;
  /** The pool that the state belongs to; by default a new one, and then the store is new too. */
  readonly installation?: Installation;
}

/** An empty store in memory. */
export function createMemoryStore({ clock, random, installation }: MemoryStoreOptions): Store {
  const database = new MemoryDatabase();
  for (const kind of idKinds) database.put({ key: keys.nextId(kind), value: 1 });
  return new MemoryStore(database, {
    clock,
    installation: installation ?? { id: random.uuid(), createdAt: clock.now() },
    isNew: installation === undefined,
  });
}

interface Beginning {
  readonly clock: Pick<Clock, "now">;
  readonly installation: Installation;
  readonly isNew?: boolean;
  readonly doubt?: string | null;
}

export class MemoryStore extends KeyValueStore {
  readonly #database: MemoryDatabase;
  readonly #clock: Pick<Clock, "now">;

  constructor(database: MemoryDatabase, { clock, installation, isNew = false, doubt = null }: Beginning) {
    const reader = new StateReader(database, "memory");
    super({
      reader,
      writer: new KvWriter(database, { reader, unfinished: null }),
      schema: schemaVersion(migrations),
      installation,
      isNew,
      doubt,
      guard: null,
      readRows: () => Promise.resolve(null),
      witness() {},
      [Symbol.dispose]() {},
    }, { clock });
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * The copy that somebody would have who had copied the state's file at this moment.
   * @param options `doubt`: what a store beside which a newer one has been finds; by default the copy is alone
   */
  copy({ doubt = null }: { doubt?: string | null } = {}): MemoryStore {
    const { installation } = this;
    return new MemoryStore(this.#database.copy(), {
      clock: this.#clock,
      installation,
      doubt: doubt ?? this.doubt,
    });
  }
}

class MemoryDatabase implements StateSource, Transactions {
  readonly limits = { mutations: Infinity, bytes: Infinity, sizeOf: () => 0 };
  commits = 0;
  /** By encoded key. */
  readonly #entries = new Map<string, StateEntry>();
  /** In their order. */
  readonly #keys: string[] = [];

  get(key: Deno.KvKey): Promise<StateEntry> {
    return Promise.resolve(this.#entries.get(encodeKey(key)) ?? { key, value: null });
  }

  async *list(
    selector: Deno.KvListSelector,
    { limit = Infinity, reverse = false }: { limit?: number; reverse?: boolean } = {},
  ): AsyncGenerator<StateEntry> {
    const { from, to } = encodedRange(selector);
    const found = this.#keys.slice(this.#placeOf(from), this.#placeOf(to));
    const listed = reverse ? found.slice(-limit).reverse() : found.slice(0, limit);
    for (const key of listed) yield this.#entries.get(key)!;
  }

  transact(mutations: readonly Written[]): Promise<void> {
    for (const mutation of mutations) this.put(mutation);
    this.commits++;
    return Promise.resolve();
  }

  put({ key, value }: Written): void {
    const name = encodeKey(key);
    const [place, isThere] = [this.#placeOf(name), this.#entries.has(name)];
    if (value !== null) this.#entries.set(name, { key, value });
    else this.#entries.delete(name);
    if (isThere !== (value !== null)) this.#keys.splice(place, isThere ? 1 : 0, ...isThere ? [] : [name]);
  }

  copy(): MemoryDatabase {
    const copy = new MemoryDatabase();
    for (const entry of this.#entries.values()) copy.put(entry as Written);
    return copy;
  }

  /** Of the first key that is not before that one. */
  #placeOf(name: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#keys[middle]! < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
