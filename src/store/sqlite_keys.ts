/**
 * A state's keys as Deno KV writes them: texts as `2`, their UTF-8, `0`; numbers as `33` and the eight bytes of a double,
 * of which the first bit is turned, so that they come in the order of their bytes. A zero in a text is followed by `255`.
 */

const TEXT = 0x02;
const NUMBER = 0x21;

/** From the first key up to, but not including, the second. */
type SqliteRange = readonly [Uint8Array, Uint8Array];

export function encodeSqliteKey(key: Deno.KvKey): Uint8Array {
  return new Uint8Array(key.flatMap(encodePart));
}

/** The keys that a selector stands for. */
export function sqliteRange(selector: Deno.KvListSelector): SqliteRange {
  const prefix = "prefix" in selector ? [...encodeSqliteKey(selector.prefix)] : [];
  return [
    "start" in selector ? encodeSqliteKey(selector.start) : new Uint8Array([...prefix, 0x00]),
    "end" in selector ? encodeSqliteKey(selector.end) : new Uint8Array([...prefix, 0xff]),
  ];
}

/** @throws RangeError for a key that no state has */
export function decodeSqliteKey(bytes: Uint8Array): Deno.KvKey {
  const parts: Deno.KvKeyPart[] = [];
  for (let at = 0; at < bytes.length;) {
    const [part, next] = bytes[at] === NUMBER ? numberAt(bytes, at + 1) : textAt(bytes, at);
    parts.push(part);
    at = next;
  }
  return parts;
}

function encodePart(part: Deno.KvKeyPart): number[] {
  if (typeof part === "string") {
    const bytes = [...new TextEncoder().encode(part)];
    return [TEXT, ...bytes.flatMap((byte) => byte === 0 ? [0x00, 0xff] : [byte]), 0x00];
  }
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, Number(part));
  bytes[0]! ^= 0x80;
  return [NUMBER, ...bytes];
}

function numberAt(bytes: Uint8Array, at: number): [number, number] {
  const copy = bytes.slice(at, at + 8);
  copy[0]! ^= 0x80;
  return [new DataView(copy.buffer).getFloat64(0), at + 8];
}

function textAt(bytes: Uint8Array, at: number): [string, number] {
  if (bytes[at] !== TEXT) throw new RangeError(`no key of a state begins a part with ${bytes[at]}`);
  const text: number[] = [];
  for (at++; bytes[at] !== 0x00 || bytes[at + 1] === 0xff; at++) {
    text.push(bytes[at]!);
    if (bytes[at] === 0x00) at++;
  }
  return [new TextDecoder().decode(new Uint8Array(text)), at + 1];
}
