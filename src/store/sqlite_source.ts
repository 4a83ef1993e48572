/**
 * A state's file read by SQLite, from the table in which Deno KV keeps it. Deno KV takes as long to open as most lists take
 * altogether, and twice as long to hand over thousands of records.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { deserialize } from "node:v8";
import type { GenericSchema } from "valibot";
import { fits } from "../lib/fits.ts";
import { inSlices } from "../lib/in_slices.ts";
import { decodeRecords, RECORD_VERSION } from "./record_codec.ts";
import { decodeSqliteKey, encodeSqliteKey, sqliteRange } from "./sqlite_keys.ts";
import type { StateEntry, StateSource } from "./state_source.ts";

/** A text behind V8's header, which is version, tag and length, has one byte for each of its characters. */
const IS_TEXT = "substr(v, 1, 1) = x'ff' AND substr(v, 3, 1) = x'22'";
const HEADER = "CASE WHEN length(v) < 132 THEN 4 WHEN length(v) < 16389 THEN 5 ELSE 6 END";
const SIZE = `length(v) - ${HEADER}`;
const TEXT = `CAST(substr(v, 1 + ${HEADER}) AS TEXT)`;

/** The text in a value, else the value. SQLite gives a text in half of the time that V8 takes to read one. */
const FOUND = `CASE WHEN ${IS_TEXT} THEN ${TEXT} ELSE v END, ${SIZE}`;

/** @param size in bytes, of a text */
type Found = readonly [found: string | Uint8Array, size: number];

const BELOW = "FROM kv WHERE k >= ? AND k < ? ORDER BY k LIMIT ?";

/** Several values that follow each other, as if all were texts, and how long they are; how many are; the number; the last key. */
const JOINED = `
  SELECT '[' || group_concat(${TEXT}, ',') || ']', sum(${SIZE}), sum(${IS_TEXT}), count(*), max(k)
  FROM (SELECT k, v ${BELOW})`;

type Joined = readonly [joined: string, size: number, texts: number, count: number, last: Uint8Array];

/** Bytes of a file that are mapped at the most; the rest is read. */
const MAPPED = 2 ** 30;

/** Values that are read at once. More than a few times their text is beyond what malloc keeps at hand. */
const BATCH = 100;

export class SqliteSource implements StateSource, Disposable {
  readonly #database: DatabaseSync;

  /**
   * @param options `isAlone`: nobody else has the file open, so that SQLite shares nothing beside it, which takes room, and
   * maps the file into memory, which takes a third less time than reading it page by page
   */
  constructor(path: string, { isAlone = false } = {}) {
    this.#database = new DatabaseSync(path, { readOnly: !isAlone });
    if (isAlone) {
      this.#database.exec(
        `PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = 1; PRAGMA mmap_size = ${MAPPED}`,
      );
    }
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

  /**
   * The values below a prefix in the order of their keys, some hundred at a time as one JSON array: SQLite joins texts in a
   * fraction of the time that it takes to hand over each.
   */
  *joined(prefix: Deno.KvKey): Iterable<{ readonly values: string; readonly count: number }> {
    let [start, end] = sqliteRange({ prefix });
    const statement = this.#prepare(JOINED);
    for (;;) {
      const [joined, size, texts, count, last] = statement.get(start, end, BATCH) as unknown as Joined;
      if (count === 0) return;
      const text = texts < count ? null : textIn([joined, size + count + 1]);
      yield { values: text ?? this.#join(start, end), count };
      start = new Uint8Array([...last, 0]);
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #join(start: Uint8Array, end: Uint8Array): string {
    const values = this.#query<[Uint8Array]>(`SELECT v ${BELOW}`, start, end, BATCH);
    return `[${Array.from(values, ([value]) => deserialize(value)).join(",")}]`;
  }

  #valueOf(found: Found, key: Uint8Array): unknown {
    const text = textIn(found);
    if (text !== null) return text;
    const [row] = this.#query<[Uint8Array]>("SELECT v FROM kv WHERE k = ?", key);
    return deserialize(row![0]);
  }

  #query<Row>(query: string, ...values: (Uint8Array | number)[]): Iterable<Row> {
    return this.#prepare(query).iterate(...values) as unknown as Iterable<Row>;
  }

  #prepare(query: string): StatementSync {
    const statement = this.#database.prepare(query);
    statement.setReturnArrays(true);
    return statement;
  }
}

/**
 * null: it is no text, or not ASCII alone. SQLite takes the bytes for UTF-8, whose other characters are fewer than their
 * bytes; what is not UTF-8 it replaces, byte by byte.
 */
function textIn([found, size]: Found): string | null {
  return typeof found === "string" && found.length === size && !found.includes("\ufffd") ? found : null;
}

/** The records of a kind, by the beginning of their keys. */
export interface RecordKind<Output> {
  readonly prefix: Deno.KvKey;
  readonly schema: GenericSchema<unknown, Output>;
}

/** Batches of values between which others have their turn. */
const SLICE = 5;

/**
 * In the order of their keys, in slices, since a daemon does other things meanwhile. null: something is not as it should be;
 * who reads them one by one learns what.
 */
export async function readRows<Output>(
  source: SqliteSource,
  { prefix, schema }: RecordKind<Output>,
): Promise<Output[] | null> {
  try {
    const records: Output[] = [];
    await inSlices(source.joined(prefix), (values) => {
      const decoded = decodeRecords(values);
      if (decoded === null) throw new Error("an odd value");
      for (const { version, record } of decoded) {
        if (version !== RECORD_VERSION || !fits(schema, record)) throw new Error("an odd record");
        records.push(record as Output);
      }
    }, SLICE);
    return records;
  } catch {
    return null;
  }
}

/** The same of a file that others have open, too. */
export async function readRowsOf<Output>(path: string, kind: RecordKind<Output>): Promise<Output[] | null> {
  try {
    using source = new SqliteSource(path);
    return await readRows(source, kind);
  } catch {
    return null;
  }
}
