/**
 * A state's file read by SQLite, from the table in which Deno KV keeps it. Deno KV takes as long to open as most lists take
 * altogether, and twice as long to hand over thousands of records.
 */
import { DatabaseSync } from "node:sqlite";
import { deserialize } from "node:v8";
import { decodeSqliteKey, encodeSqliteKey, type SqliteRange, sqliteRange } from "./sqlite_keys.ts";
import type { StateEntry, StateSource } from "./state_source.ts";

/**
 * The text in a value, where each of its characters is one byte behind V8's header: version, tag and length. Else the
 * value. SQLite gives a text in half of the time that V8 takes to read one.
 */
const FOUND = `
  CASE WHEN substr(v, 1, 1) = x'ff' AND substr(v, 3, 1) = x'22'
    THEN CAST(substr(v, CASE WHEN length(v) < 132 THEN 5 WHEN length(v) < 16389 THEN 6 ELSE 7 END) AS TEXT)
    ELSE v END, length(v)`;

type Found = readonly [found: string | Uint8Array, size: number];

export class SqliteSource implements StateSource, Disposable {
  readonly #database: DatabaseSync;

  /** @param options `isAlone`: nobody else has the file open, so that what SQLite puts beside it goes when it is closed */
  constructor(path: string, { isAlone = false } = {}) {
    this.#database = new DatabaseSync(path, { readOnly: !isAlone });
    if (isAlone) this.#database.exec("PRAGMA query_only = 1");
  }

  get(key: Deno.KvKey): Promise<StateEntry> {
    const encoded = encodeSqliteKey(key);
    const [found] = this.#query<Found>(`SELECT ${FOUND} FROM kv WHERE k = ?`, encoded);
    return Promise.resolve({ key, value: found === undefined ? null : this.#valueOf(found, encoded) });
  }

  async *list(
    selector: Deno.KvListSelector,
    { limit = Infinity, reverse = false }: { limit?: number; reverse?: boolean } = {},
  ): AsyncGenerator<StateEntry> {
    const order = `ORDER BY k ${reverse ? "DESC" : "ASC"} LIMIT ?`;
    const rows = this.#query<[...Found, Uint8Array]>(
      `SELECT ${FOUND}, k FROM kv WHERE k >= ? AND k < ? ${order}`,
      ...sqliteRange(selector),
      limit === Infinity ? -1 : limit,
    );
    for (const [found, size, key] of rows) {
      yield { key: decodeSqliteKey(key), value: this.#valueOf([found, size], key) };
    }
  }

  /** The values below a prefix, in the order of their keys. */
  *values(prefix: Deno.KvKey): Iterable<unknown> {
    const range = sqliteRange({ prefix });
    let count = 0;
    for (const found of this.#query<Found>(`SELECT ${FOUND} ${BELOW}`, ...range)) {
      const text = textIn(found);
      if (text === null) return yield* this.#valuesFrom(count, range);
      yield text;
      count++;
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  /** Those from the first on that SQLite cannot give as it is. */
  *#valuesFrom(count: number, range: SqliteRange): Iterable<unknown> {
    const values = this.#query<[Uint8Array]>(`SELECT v ${BELOW} LIMIT -1 OFFSET ?`, ...range, count);
    for (const [value] of values) yield deserialize(value);
  }

  #valueOf(found: Found, key: Uint8Array): unknown {
    const text = textIn(found);
    if (text !== null) return text;
    const [row] = this.#query<[Uint8Array]>("SELECT v FROM kv WHERE k = ?", key);
    return deserialize(row![0]);
  }

  #query<Row>(query: string, ...values: (Uint8Array | number)[]): Iterable<Row> {
    const statement = this.#database.prepare(query);
    statement.setReturnArrays(true);
    return statement.iterate(...values) as unknown as Iterable<Row>;
  }
}

const BELOW = "FROM kv WHERE k >= ? AND k < ? ORDER BY k";

/**
 * null: it is no text, or not ASCII alone. SQLite takes the bytes for UTF-8, whose other characters are fewer than their
 * bytes; what is not UTF-8 it replaces, byte by byte.
 */
function textIn([found, size]: Found): string | null {
  if (typeof found !== "string") return null;
  const header = found.length < 128 ? 4 : found.length < 16_384 ? 5 : 6;
  return found.length + header === size && !found.includes("\ufffd") ? found : null;
}
