/**
 * The state's keys and values as texts, for etcd and for whatever must have keys in the order of a state. A key's
 * parts stand between slashes, numbers as `#` and sixteen digits, so that texts are ordered as numbers are; names as
 * in a URL. A record is the JSON that a file has, too; anything else (a number, a text, an entry of the journal) is
 * JSON of it. All of it can be read with `etcdctl`.
 */

const DIGITS = 16;

/** @throws RangeError for a number that no key of a state has */
export function encodeKey(key: Deno.KvKey): string {
  return key.map(encodePart).join("/");
}

export function decodeKey(text: string): Deno.KvKey {
  return text.split("/").map((part) =>
    part.startsWith("#") ? Number(part.slice(1)) : decodeURIComponent(part)
  );
}

function encodePart(part: Deno.KvKeyPart): string {
  if (typeof part === "string") return encodeURIComponent(part.toWellFormed());
  if (!Number.isSafeInteger(part) || (part as number) < 0) {
    throw new RangeError(`no key of a state has ${String(part)}`);
  }
  return `#${String(part).padStart(DIGITS, "0")}`;
}

/** The keys of a state that a selector stands for, as a range of encoded keys: from the first up to, but not including, the last. */
export function encodedRange(selector: Deno.KvListSelector): { readonly from: string; readonly to: string } {
  const [from, to] = "prefix" in selector ? bounds(encodeKey(selector.prefix)) : ["", AFTER_ALL];
  return {
    from: "start" in selector ? encodeKey(selector.start) : from,
    to: "end" in selector ? encodeKey(selector.end) : to,
  };
}

/** After each key: the character that follows all those of a key. */
const AFTER_ALL = "\x7f";

/** The character after the slash ends what is below a prefix. */
function bounds(prefix: string): [string, string] {
  return prefix === "" ? ["", AFTER_ALL] : [`${prefix}/`, `${prefix}0`];
}

export function encodeValue(value: unknown): string {
  return typeof value === "string" && value.startsWith("[") ? value : JSON.stringify(value);
}

/** Whatever is no JSON stays a text, which its reader will not take. */
export function decodeValue(text: string): unknown {
  if (text.startsWith("[")) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
