/**
 * The store's door: what could not be read back is not let in. A record is held against the schema that it will be read
 * with, its numbers and its size against what the file can hold, before it becomes part of a commit; so a value that
 * came from outside, whatever it is, spoils the one edit that carries it and neither the state nor other edits. The
 * draft calls it for every edit, the stores for what goes past the ledger.
 */
import * as v from "valibot";
import { fits } from "../lib/fits.ts";
import type { Layer } from "./draft.ts";
import { capRecord } from "./record_caps.ts";
import { encodeRecord } from "./record_codec.ts";
import { eventsSchema, historySchema, orderSchema, pauseSchema, rowSchemas } from "./schemas.ts";
import { rowName, tableNames } from "./store.ts";

/** A record that is not let in: a defect of who made it. */
class UnstorableRecordError extends Error {
  override readonly name = "UnstorableRecordError";
}

/** Characters; a record with fewer fits, even if each is escaped and takes two bytes. */
const SURELY_FITS = 5_000;

/** Bytes of a key's names; Deno KV takes 2 KiB. */
const KEY_LIMIT = 1_800;

/** @param what names the record in the message: `node 7` @throws UnstorableRecordError */
export function checkRecord(what: string, record: object, schema: v.GenericSchema): void {
  const result = fits(schema, record) ? null : v.safeParse(schema, record, { abortEarly: true });
  if (result?.success === false) {
    const [issue] = result.issues;
    const field = v.getDotPath(issue);
    throw unstorable(what, `${field === null ? "" : `${field}: `}${issue.message}`);
  }
  if (measure(record, what) < SURELY_FITS) return;
  try {
    encodeRecord(record);
  } catch (error) {
    throw unstorable(what, (error as Error).message);
  }
}

/** All that one edit changes. @throws UnstorableRecordError */
export function checkLayer({ tables, pauses, orders, history, told }: Layer): void {
  for (const table of tableNames) {
    for (const [id, row] of tables[table].changes) {
      if (row !== null) checkRecord(`${rowName(table)} ${id}`, row, rowSchemas[table]);
    }
  }
  for (const [key, pause] of pauses.changes) checkPair("pause", key, pause);
  for (const [key, order] of orders.changes) checkPair("order", key, order);
  for (const record of history) {
    checkRecord(`ended node ${record.node.id}`, capRecord(record), historySchema);
  }
  if (told.length > 0) {
    checkRecord(
      "a reported event",
      { events: told.map((event) => ({ ...event, id: 0, at: 0 })) },
      eventsSchema,
    );
  }
}

const pairSchemas = { pause: pauseSchema, order: orderSchema };

/** @param key its two names, with a character between them */
function checkPair(kind: keyof typeof pairSchemas, key: string, record: object | null): void {
  const what = `${kind} ${key.slice(0, 80)}`;
  const bytes = keyBytes(key) - 1;
  if (bytes > KEY_LIMIT) throw unstorable(what, `its names have ${bytes} bytes`);
  if (record !== null) checkRecord(what, record, pairSchemas[kind]);
}

/** In a key, a NUL takes two bytes. */
function keyBytes(name: string): number {
  return new TextEncoder().encode(name.replaceAll("\0", "\0\0")).length;
}

/** How many characters its texts have. @throws UnstorableRecordError for a number that no text can give back */
function measure(value: unknown, what: string): number {
  if (typeof value === "string") return value.length;
  if (typeof value === "number" && !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) {
    throw unstorable(what, `${value} cannot be stored as a number`);
  }
  if (typeof value !== "object" || value === null) return 0;
  return Object.entries(value).reduce((sum, [name, part]) => sum + name.length + measure(part, what), 0);
}

function unstorable(what: string, problem: string): UnstorableRecordError {
  return new UnstorableRecordError(`${what} cannot be stored: ${problem}`);
}
