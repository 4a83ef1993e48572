/**
 * Records to stored values and back. A value is JSON text of `[version, record]`: parsed faster than Deno KV's own
 * serialization, of a size that is known before it is written, and readable by any tool.
 */

/** The version that every record carries; raised with any change in `schemas.ts`, by a step in `migrations.ts`. */
export const RECORD_VERSION = 3;

/** Bytes; Deno KV refuses values above 64 KiB. What is stored besides the text itself fits into the rest. */
const VALUE_LIMIT = 63 * 1024;

/** @throws RangeError when the record is too big to be stored, which the caps should prevent */
export function encodeRecord(record: object): string {
  const value = JSON.stringify([RECORD_VERSION, record]);
  if (storedSize(value) > VALUE_LIMIT) {
    throw new RangeError(`a record of ${storedSize(value)} bytes cannot be stored: ${value.slice(0, 80)}…`);
  }
  return value;
}

/** Characters of an entry of many small things, but for its last one: far fewer than the database takes, however wide. */
const ENTRY_SIZE = 12_000;

/** Those that go into one entry each. */
export function inEntries<Item>(items: readonly Item[], sizeOf: (item: Item) => number): Item[][] {
  const entries: Item[][] = [];
  let size = ENTRY_SIZE;
  for (const item of items) {
    if (size >= ENTRY_SIZE) {
      entries.push([]);
      size = 0;
    }
    entries.at(-1)!.push(item);
    size += sizeOf(item);
  }
  return entries;
}

/** A record that is a list of events, each as JSON already. */
export function encodeEvents(texts: readonly string[]): string {
  return `[${RECORD_VERSION},{"events":[${texts.join(",")}]}]`;
}

interface DecodedRecord {
  readonly version: number;
  readonly record: unknown;
}

/** The version and the record in a stored value; null: it is not a record. */
export function decodeRecord(value: unknown): DecodedRecord | null {
  return decodeRecords({ values: `[${String(value)}]`, count: 1 })?.[0] ?? null;
}

/** Of several values at once, in a JSON array, which takes less time; null: one of them is not a record. */
export function decodeRecords(
  { values, count }: { readonly values: string; readonly count: number },
): DecodedRecord[] | null {
  try {
    const parsed: unknown[] = JSON.parse(values);
    if (parsed.length !== count) return null;
    return parsed.map((one) => {
      if (!Array.isArray(one) || !Number.isSafeInteger(one[0])) throw new TypeError("not a record");
      return { version: one[0], record: one[1] };
    });
  } catch {
    return null;
  }
}

/** Bytes that a text takes in the file: one a character, or two where one of them is beyond Latin-1. */
export function storedSize(text: string): number {
  return /[\u0100-\uffff]/.test(text) ? 2 * text.length : text.length;
}
