/**
 * All records of one kind straight from the database's table, in two thirds of the time that Deno KV takes to hand
 * over thousands; in slices, since a daemon does other things meanwhile. The KV store loads with it; where anything is not as it should be, Deno KV reads them all, and the
 * reader says what is wrong.
 */
import type { GenericSchema } from "valibot";
import { fits } from "../lib/fits.ts";
import { inSlices } from "../lib/in_slices.ts";
import { decodeRecord, RECORD_VERSION } from "./record_codec.ts";

class OddRecord extends Error {}

/** In the order of their keys; null: something is not as it should be. */
export async function readRows<Output>(
  path: string,
  { name, schema }: { name: string; schema: GenericSchema<unknown, Output> },
): Promise<Output[] | null> {
  const [{ DatabaseSync }, { deserialize }] = await Promise.all([import("node:sqlite"), import("node:v8")]);
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const rows = database.prepare("SELECT v FROM kv WHERE k > ? AND k < ? ORDER BY k");
      rows.setReturnArrays(true);
      const records: Output[] = [];
      const found = rows.iterate(keyOf(name, 0x00), keyOf(name, 0xff)) as Iterable<[Uint8Array]>;
      await inSlices(found, ([value]) => {
        const decoded = decodeRecord(deserialize(value));
        if (decoded?.version !== RECORD_VERSION || !fits(schema, decoded.record)) throw new OddRecord();
        records.push(decoded.record as Output);
      });
      return records;
    } finally {
      database.close();
    }
  } catch {
    return null;
  }
}

/** As Deno KV stores the key of a name, and what follows it. */
function keyOf(name: string, next: number): Uint8Array {
  return new Uint8Array([0x02, ...new TextEncoder().encode(name), 0x00, next]);
}
