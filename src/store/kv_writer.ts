/**
 * Writes to the database of a state: any number of mutations, all of them or none.
 *
 * What does not fit into one transaction goes through a journal: first its mutations are written down as journal
 * entries, then the journal's length, and that is the moment from which the commit counts; then they are applied
 * and the journal is removed. Where that breaks off (no room, the end of the process), the next write first applies a
 * journal that has its length, and drops one that has not; until then it is read as if it were done (`JournaledSource`).
 * The store calls it, one write after the other; each database has transactions of its own.
 */
import { keys } from "./keys.ts";
import type { StateGuard } from "./state_guard.ts";
import type { StateReader } from "./state_reader.ts";
import { StateWitness } from "./state_witness.ts";
import { StoreError } from "./store.ts";

/** `value` null: the key is removed. */
export interface Mutation {
  readonly key: Deno.KvKey;
  readonly value: string | number | null;
}

/** Bytes of a key's parts; Deno KV, which takes the fewest, refuses keys above 2 KiB. What else it stores of them fits
 * into the rest. */
const KEY_LIMIT = 1900;

/** The most bytes that a key and a value's framing take: names in keys are short. */
const MUTATION_OVERHEAD = 300;

/** A mutation, or one that is written down in the journal. */
export interface Written {
  readonly key: Deno.KvKey;
  readonly value: Mutation["value"] | Mutation;
}

/** The most that a database takes in one transaction, besides the writer's own keys. */
interface TransactionLimits {
  readonly mutations: number;
  readonly bytes: number;
  /** Bytes that a text takes. */
  sizeOf(text: string): number;
}

/** The transactions of one database. Each raises the count of commits, and is refused where anybody else has written. */
export interface Transactions {
  readonly limits: TransactionLimits;
  /** How many the state has had. */
  readonly commits: number;
  /**
   * All of them, or none. @throws StoreError `stopped`, `damaged`: this process can write nothing any more; else it may
   * work again
   */
  transact(mutations: readonly Written[]): Promise<void>;
}

export class KvWriter implements Disposable {
  /** Writes nothing yet: what an interrupted process had begun to write is finished before the first write. */
  static async open(transactions: Transactions, reader: StateReader): Promise<KvWriter> {
    return new KvWriter(transactions, { reader, unfinished: await reader.readJournal() });
  }

  /** Reads what has been written. */
  readonly reader: StateReader;
  readonly #transactions: Transactions;
  /** Counts, by a journal that is there, and may not be applied; null: there is no journal. */
  #unfinished: readonly Mutation[] | null;
  #stopped: StoreError | null = null;
  /** Whether the last transaction failed. */
  #failed = false;
  #guard: StateGuard | null = null;
  #witness: StateWitness | null = null;

  constructor(
    transactions: Transactions,
    { reader, unfinished }: { reader: StateReader; unfinished: readonly Mutation[] | null },
  ) {
    this.reader = reader;
    this.#transactions = transactions;
    this.#unfinished = unfinished;
  }

  /** How many commits the state has. */
  get commits(): number {
    return this.#transactions.commits;
  }

  /** From now on each transaction passes the guard, which was made after those up to now. */
  guardBy(guard: StateGuard): void {
    this.#guard = guard;
  }

  /** From now on each commit is witnessed, in place of whatever was. @param path of the witness */
  witnessAt(path: string, installation: string): void {
    this.#witness ??= new StateWitness(path, installation);
    this.#witness.note(this.commits);
  }

  [Symbol.dispose](): void {
    this.#witness?.[Symbol.dispose]();
  }

  /** Whether the state is there and can be written; writes again only what has failed. @throws StoreError */
  async check(): Promise<void> {
    this.#look();
    await this.#finish();
    if (this.#failed) await this.#transaction([]);
  }

  /** Stops for good where the guard finds that the state is gone. */
  #look(): void {
    if (this.#stopped !== null) throw this.#stopped;
    try {
      this.#guard?.check();
    } catch (error) {
      if ((error as StoreError).kind === "gone") this.#stopped = error as StoreError;
      throw error;
    }
  }

  /**
   * All of the mutations, or none.
   * @throws StoreError `unusable` when they cannot be written (disk full), or somebody else has written;
   * RangeError when no database takes such a key, then nothing is wrong with the state
   */
  async write(mutations: readonly Mutation[]): Promise<void> {
    if (this.#stopped !== null) throw this.#stopped;
    for (const { key } of mutations) checkKey(key);
    await this.#finish();
    const [first = [], ...rest] = this.#pack(mutations);
    if (rest.length === 0) return await this.#transaction(first);
    await this.#journal(mutations);
    // It counts, and who asked for it must not do it again: what fails now is told to the next.
    await this.#finish().catch((error) => {
      if (this.#stopped !== null) throw error;
    });
  }

  /** Of a database that counts only once it is whole: without a journal, whose room a file would keep. */
  async fill(mutations: readonly Written[]): Promise<void> {
    for (const part of this.#pack(mutations)) await this.#transaction(part);
  }

  async #journal(mutations: readonly Mutation[]): Promise<void> {
    const entries = mutations.map((mutation, index) => ({ key: keys.journalEntry(index), value: mutation }));
    this.#unfinished = [];
    await this.fill(entries);
    await this.#transaction([{ key: keys.journalLength, value: mutations.length }]);
    this.#unfinished = mutations;
    this.reader.source.hold(mutations);
  }

  async #finish(): Promise<void> {
    if (this.#unfinished === null) return;
    await this.fill(this.#unfinished);
    await this.#transaction([{ key: keys.journalLength, value: null }]);
    await this.#dropJournal();
    this.reader.source.hold([]);
    this.#unfinished = null;
  }

  async #dropJournal(): Promise<void> {
    const leftOver: Mutation[] = [];
    for await (const { key } of this.reader.entries({ prefix: keys.journal })) {
      leftOver.push({ key, value: null });
    }
    await this.fill(leftOver);
  }

  async #transaction(mutations: readonly Written[]): Promise<void> {
    this.#look();
    try {
      await this.#transactions.transact(mutations);
    } catch (error) {
      throw this.#fail(error as StoreError);
    }
    this.#failed = false;
    this.#guard?.wrote();
    this.#witness?.note(this.commits);
  }

  /** A database that is damaged stays so, and one that somebody else writes to is theirs; what else fails may work again. */
  #fail(error: StoreError): StoreError {
    this.#failed = true;
    if (error.kind === "damaged" || error.kind === "stopped") this.#stopped = error;
    return error;
  }

  /** Cuts the list, in its order, into parts that each fit into one transaction. */
  #pack<Item extends Written>(items: readonly Item[]): Item[][] {
    const { limits } = this.#transactions;
    const parts: Item[][] = [];
    let [part, bytes]: [Item[], number] = [[], 0];
    for (const item of items) {
      const size = sizeOf(item, limits);
      if (part.length === limits.mutations || bytes + size > limits.bytes) {
        parts.push(part);
        [part, bytes] = [[], 0];
      }
      part.push(item);
      bytes += size;
    }
    if (part.length > 0) parts.push(part);
    return parts;
  }
}

function sizeOf({ value }: Written, limits: TransactionLimits): number {
  if (typeof value === "string") return MUTATION_OVERHEAD + limits.sizeOf(value);
  return value === null || typeof value === "number"
    ? MUTATION_OVERHEAD
    : MUTATION_OVERHEAD + sizeOf(value, limits);
}

/** A database's own error for a key beyond its bounds cannot be told from others. @throws RangeError */
function checkKey(key: Deno.KvKey): void {
  const bytes = new TextEncoder().encode(key.join("")).length;
  if (bytes > KEY_LIMIT) {
    throw new RangeError(`a key of ${bytes} bytes cannot be stored: ${key.join(" ").slice(0, 80)}…`);
  }
}
