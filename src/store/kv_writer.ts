/**
 * Writes to a Deno KV database: any number of mutations, all of them or none.
 *
 * A transaction of Deno KV takes 1,000 mutations, 100 checks and 800 KiB. One check for each record would allow
 * 100 records a commit; but the state has one owner, who holds a lock beside it and knows all revisions. So the
 * revisions are compared in memory, and each transaction checks one key alone, `commits`, which each raises: if
 * anybody else has written in spite of the lock, the check fails and this writer stops for good.
 *
 * What does not fit into one transaction goes through a journal: first its mutations are written down as journal
 * entries, then the journal's length, and that is the moment from which the commit counts; then they are applied
 * and the journal is removed. Opening the writer finishes a journal that has its length and drops one that has
 * not. The store calls it, one write after the other.
 */
import { keys } from "./keys.ts";
import { storedSize } from "./record_codec.ts";
import { stateFailure } from "./state_errors.ts";
import { StoreError } from "./store.ts";

/** `value` null: the key is removed. */
export interface Mutation {
  readonly key: Deno.KvKey;
  readonly value: string | number | null;
}

/** Of Deno KV's 1,000 and 800 KiB; the rest is for the writer's own keys and for the keys' encoding. */
const MUTATIONS_PER_TRANSACTION = 950;
const BYTES_PER_TRANSACTION = 700 * 1024;

/** Bytes of a key's parts; Deno KV refuses keys above 2 KiB. What else it stores of them fits into the rest. */
const KEY_LIMIT = 1900;

/** The most bytes that a key and a value's framing take: names in keys are short. */
const MUTATION_OVERHEAD = 300;

/** Called with each transaction: `check`, which may refuse it, before it; `wrote` after it. */
interface WriterGuard {
  check(): void;
  wrote(commits: number): void;
}

export class KvWriter {
  /** Finishes what an interrupted process had begun to write. */
  static async open(kv: Deno.Kv, path: string): Promise<KvWriter> {
    const { value, versionstamp } = await kv.get<number>(keys.commits);
    const writer = new KvWriter(kv, path, { count: value ?? 0, versionstamp });
    await writer.#recover();
    return writer;
  }

  readonly #kv: Deno.Kv;
  readonly #path: string;
  #commits: { count: number; versionstamp: string | null };
  #stopped: StoreError | null = null;
  /** Whether the last transaction failed. */
  #failed = false;
  #guard: WriterGuard | null = null;

  private constructor(
    kv: Deno.Kv,
    path: string,
    commits: { count: number; versionstamp: string | null },
  ) {
    this.#kv = kv;
    this.#path = path;
    this.#commits = commits;
  }

  /** How many commits the state has. */
  get commits(): number {
    return this.#commits.count;
  }

  /** From now on each transaction passes the guard; those up to now are told to it. */
  guardBy(guard: WriterGuard): void {
    this.#guard = guard;
    guard.wrote(this.commits);
  }

  /** Whether the state is there and can be written; writes again only where the last write failed. @throws StoreError */
  async check(): Promise<void> {
    this.#look();
    if (this.#failed) await this.#transaction([]);
  }

  /** Stops for good where the guard finds that the state is gone. */
  #look(): void {
    if (this.#stopped !== null) throw this.#stopped;
    try {
      this.#guard?.check();
    } catch (error) {
      throw this.#stopped = error as StoreError;
    }
  }

  /**
   * All of the mutations, or none.
   * @throws StoreError `unusable` when they cannot be written (disk full), or somebody else has written;
   * RangeError when Deno KV takes no such key, then nothing is wrong with the state
   */
  async write(mutations: readonly Mutation[]): Promise<void> {
    if (this.#stopped !== null) throw this.#stopped;
    for (const { key } of mutations) checkKey(key);
    const [first = [], ...rest] = pack(mutations);
    if (rest.length === 0) return await this.#transaction(first);
    try {
      await this.#journal(mutations);
      await this.#applyJournal(mutations);
    } catch (error) {
      throw this.#stopped ??= brokenOff(error as Error);
    }
  }

  async #journal(mutations: readonly Mutation[]): Promise<void> {
    const entries = mutations.map((mutation, index) => ({ key: keys.journalEntry(index), value: mutation }));
    for (const part of packEntries(entries)) await this.#transaction(part);
    await this.#transaction([{ key: keys.journalLength, value: mutations.length }]);
  }

  async #applyJournal(mutations: readonly Mutation[]): Promise<void> {
    for (const part of pack(mutations)) await this.#transaction(part);
    await this.#transaction([{ key: keys.journalLength, value: null }]);
    await this.#dropJournal();
  }

  async #recover(): Promise<void> {
    const { value: length } = await this.#kv.get<number>(keys.journalLength);
    if (length === null) return await this.#dropJournal();
    const mutations: Mutation[] = [];
    for await (const { value } of this.#kv.list<Mutation>({ prefix: keys.journal }, { limit: length })) {
      mutations.push(value);
    }
    await this.#applyJournal(mutations);
  }

  async #dropJournal(): Promise<void> {
    const leftOver: Mutation[] = [];
    for await (const { key } of this.#kv.list({ prefix: keys.journal })) leftOver.push({ key, value: null });
    for (const part of pack(leftOver)) await this.#transaction(part);
  }

  async #transaction(mutations: readonly (Mutation | JournalEntry)[]): Promise<void> {
    this.#look();
    const count = this.#commits.count + 1;
    const operation = this.#kv.atomic()
      .check({ key: keys.commits, versionstamp: this.#commits.versionstamp })
      .set(keys.commits, count);
    for (const { key, value } of mutations) {
      if (value === null) operation.delete(key);
      else operation.set(key, value);
    }
    const result = await operation.commit().catch((error) => {
      throw this.#fail(stateFailure(this.#path, "it cannot be written", error));
    });
    this.#failed = false;
    if (!result.ok) throw this.#stop();
    this.#commits = { count, versionstamp: result.versionstamp };
    this.#guard?.wrote(count);
  }

  /** A database that is damaged stays so; what else fails may work again. */
  #fail(error: StoreError): StoreError {
    this.#failed = true;
    if (error.kind === "damaged") this.#stopped = error;
    return error;
  }

  #stop(): StoreError {
    return this.#stopped = new StoreError(
      "stopped",
      `another process has written to the state ${this.#path}; two cannot share it: stop one of them, ` +
        `then start the other again`,
    );
  }
}

/** Whether the commit counts is for the next opening to find out. */
function brokenOff(cause: Error): StoreError {
  const problem =
    `${cause.message}; part of a commit was written, which the next start completes or discards`;
  return new StoreError("stopped", problem, { cause });
}

/** Deno KV's own error for a key beyond its bounds cannot be told from that for a full disk. @throws RangeError */
function checkKey(key: Deno.KvKey): void {
  const bytes = new TextEncoder().encode(key.join("")).length;
  if (bytes > KEY_LIMIT) {
    throw new RangeError(`a key of ${bytes} bytes cannot be stored: ${key.join(" ").slice(0, 80)}…`);
  }
}

interface JournalEntry {
  readonly key: Deno.KvKey;
  readonly value: Mutation;
}

function pack(mutations: readonly Mutation[]): Mutation[][] {
  return packBySize(mutations, ({ value }) => MUTATION_OVERHEAD + valueSize(value));
}

function packEntries(entries: readonly JournalEntry[]): JournalEntry[][] {
  return packBySize(entries, ({ value }) => 2 * MUTATION_OVERHEAD + valueSize(value.value));
}

function valueSize(value: Mutation["value"]): number {
  return typeof value === "string" ? storedSize(value) : 0;
}

/** Cuts the list, in its order, into parts that each fit into one transaction. */
function packBySize<Item>(items: readonly Item[], sizeOf: (item: Item) => number): Item[][] {
  const parts: Item[][] = [];
  let [part, bytes]: [Item[], number] = [[], 0];
  for (const item of items) {
    const size = sizeOf(item);
    if (part.length === MUTATIONS_PER_TRANSACTION || bytes + size > BYTES_PER_TRANSACTION) {
      parts.push(part);
      [part, bytes] = [[], 0];
    }
    part.push(item);
    bytes += size;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
