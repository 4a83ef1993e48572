/**
 * All records of one kind by SQLite, in half of the time that Deno KV takes to hand over thousands; in slices, since a
 * daemon does other things meanwhile. Loading a state reads with it; where anything is not as it should be, they are read
 * one by one, and the reader says what is wrong.
 */
import type { GenericSchema } from "valibot";
import { fits } from "../lib/fits.ts";
import { inSlices } from "../lib/in_slices.ts";
import { decodeRecords, RECORD_VERSION } from "./record_codec.ts";
import { SqliteSource } from "./sqlite_source.ts";

/** The records of a kind, by the beginning of their keys. */
export interface RecordKind<Output> {
  readonly prefix: Deno.KvKey;
  readonly schema: GenericSchema<unknown, Output>;
}

/** Batches of values between which others have their turn. */
const SLICE = 5;

/** In the order of their keys; null: something is not as it should be. */
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
