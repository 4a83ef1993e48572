/** Reads a state's values and checks each: what comes out is whole, or a StoreError names the key that is not. */
import * as v from "valibot";
import { fits } from "../lib/fits.ts";
import { JournaledSource } from "./journaled_source.ts";
import { keys } from "./keys.ts";
import type { Mutation } from "./kv_writer.ts";
import { decodeRecord, RECORD_VERSION } from "./record_codec.ts";
import { counterSchema } from "./schemas.ts";
import type { StateEntry, StateSource } from "./state_source.ts";
import { damagedState, newerState, stateFailure } from "./state_errors.ts";

type Schema<Output> = v.GenericSchema<unknown, Output>;

/** Records that Deno KV fetches at a time: the most it takes. */
const BATCH = 500;

export class StateReader {
  readonly source: JournaledSource;

  /** @param path where the state lies, for messages: a file, or an address of etcd */
  constructor(source: StateSource, readonly path: string) {
    this.source = new JournaledSource(source);
  }

  /**
   * Finds the journal of a write that was interrupted; what it holds that counts is read from now on as if it were applied.
   * @returns that, which may be nothing; null: there is no journal @throws StoreError
   */
  async readJournal(): Promise<readonly Mutation[] | null> {
    const length = await this.value(keys.journalLength, counterSchema);
    const written: Mutation[] = [];
    for await (const { value } of this.entries({ prefix: keys.journal })) written.push(value as Mutation);
    if (length === null && written.length === 0) return null;
    const counting = written.slice(0, length ?? 0);
    this.source.hold(counting);
    return counting;
  }

  /** A record; null where it does not exist. @throws StoreError `damaged` or `newer` */
  async record<Output>(key: Deno.KvKey, schema: Schema<Output>): Promise<Output | null> {
    const entry = await this.#get(key);
    return entry.value === null ? null : this.decode(entry, schema);
  }

  /** Records in the order of their keys. @throws StoreError `damaged` or `newer` */
  async records<Output>(
    selector: Deno.KvListSelector,
    schema: Schema<Output>,
    options: { limit?: number; reverse?: boolean } = {},
  ): Promise<Output[]> {
    return (await this.keyedRecords(selector, schema, options)).map(({ record }) => record);
  }

  /** As `records`, each with its key. @throws StoreError `damaged` or `newer` */
  async keyedRecords<Output>(
    selector: Deno.KvListSelector,
    schema: Schema<Output>,
    options: { limit?: number; reverse?: boolean } = {},
  ): Promise<{ readonly key: Deno.KvKey; readonly record: Output }[]> {
    const records = [];
    for await (const entry of this.entries(selector, options)) {
      records.push({ key: entry.key, record: this.decode(entry, schema) });
    }
    return records;
  }

  /**
   * As `keyedRecords`, a piece at a time, so that all else has its turn in between.
   * @param selector `start`: a key whose last part is a number, as those of all records below `prefix` are
   */
  async *inPieces<Output>(
    selector: { readonly prefix: Deno.KvKey; readonly start: Deno.KvKey },
    schema: Schema<Output>,
    size: number,
  ): AsyncGenerator<{ readonly key: Deno.KvKey; readonly record: Output }> {
    for (let piece = { ...selector };;) {
      const found = await this.keyedRecords(piece, schema, { limit: size });
      yield* found;
      if (found.length < size) return;
      const last = found.at(-1)!.key;
      piece = { ...selector, start: [...last.slice(0, -1), last.at(-1) as number + 1] };
    }
  }

  /** A value that is not a record, such as a counter; null where it does not exist. @throws StoreError `damaged` */
  async value<Output>(key: Deno.KvKey, schema: Schema<Output>): Promise<Output | null> {
    const { value } = await this.#get(key);
    return value === null ? null : this.#check(key, value, schema);
  }

  /** Entries as they are stored. @throws StoreError */
  async *entries(
    selector: Deno.KvListSelector,
    options: { limit?: number; reverse?: boolean } = {},
  ): AsyncGenerator<StateEntry> {
    try {
      // It reads a whole batch, however few are asked for.
      const batchSize = Math.max(1, Math.min(BATCH, options.limit ?? BATCH));
      yield* this.source.list(selector, { ...options, batchSize });
    } catch (error) {
      throw stateFailure(this.path, "it cannot be read", error);
    }
  }

  async #get(key: Deno.KvKey): Promise<StateEntry> {
    try {
      return await this.source.get(key);
    } catch (error) {
      throw stateFailure(this.path, "it cannot be read", error);
    }
  }

  /** The record in an entry. @throws StoreError `damaged` or `newer` */
  decode<Output>({ key, value }: StateEntry, schema: Schema<Output>): Output {
    const decoded = decodeRecord(value);
    if (decoded === null) throw damagedState(this.path, `${JSON.stringify(key)} holds no record`);
    if (decoded.version > RECORD_VERSION) throw newerState(this.path);
    return this.#check(key, decoded.record, schema);
  }

  #check<Output>(key: Deno.KvKey, value: unknown, schema: Schema<Output>): Output {
    if (fits(schema, value)) return value as Output;
    const result = v.safeParse(schema, value, { abortEarly: true });
    if (result.success) return result.output;
    const [issue] = result.issues;
    const field = v.getDotPath(issue);
    const where = JSON.stringify(key) + (field === null ? "" : `, ${field}`);
    throw damagedState(this.path, `${where}: ${issue.message}`);
  }
}
