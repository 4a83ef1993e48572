/**
 * The lines of a configuration as they may be shown to anybody: whatever could be a secret is `***`. It goes by the lines alone,
 * since a file that is to be shown is often one that cannot be read, and hides too much rather than too little: also what follows
 * on a key that nobody knows, which may be a misspelt one.
 */
import { nearestName } from "../lib/nearest_name.ts";
import { configSection } from "./schema/config_section.ts";
import { sectionAt, traitsOf } from "./schema/section.ts";
import { withoutPassword } from "../lib/without_password.ts";

/** A word that is the name of a secret, here or in a variable of a build. */
const SECRET = /pass(?:word|wd|phrase|code)|secret|token|api[-_]?key|user[-_]?data|dburi/i;
/** Names that a misspelt word may be meant for. */
const MEANT = ["password", "apikey", "userdata", "dburi", "secret", "token"];
/** A word, and whether it is a key. */
const WORD = /([\w.-]+)(["']?\s*:(?=\s|$)|["']\s*:)?/g;
/** A line that begins with a key. */
const KEY = /^\s*(?:-\s+)*["']?([\w.<-]+)["']?\s*:(?:\s|$)/;
/** A key for anchors, with nothing but one on its line. */
const ANCHORED = /^x-[\w.-]+:\s*(?:&\S+\s*)?(?:#.*)?$/;
/** A line that begins with a word: without a key, it may be what is left of one. */
const BARE = /^\s*[^\s#{}[\],\-]/;
/** In an address, in the place of a port: a password whose `@` is missing. */
const ODD_PORT = /\/\/(?:\[[\da-f:.]+\]|(?!\[[\da-f:.]+\])[^/\s@]*):(?!\d+(?:[/\s"',}\]]|$))[^/\s]+/gi;
/** From its beginning only, as lines may be long. */
const USER = /(?<![^\s/])[^\s/]+@/g;
/** A key in the place of its path. */
const PRIVATE_KEY = /-----BEGIN [\s\S]*/;
const HIDDEN = "***";

export function maskedLines(text: string): readonly string[] {
  const mask = new Mask();
  const lines = text.split(/\r?\n/).map((line) => mask.apply(withoutUsers(line)));
  return lines.map((line) => hideAnchored(line, mask.aliases));
}

/** A value as a message may quote it: whatever follows on the name of a secret is hidden, and a key is whole. */
export function maskedValue(text: string): string {
  const open = withoutUsers(text);
  const secret = secretIn(open);
  return secret === null || secret.end === open.length ? open : `${open.slice(0, secret.end)}${HIDDEN}`;
}

/** Addresses without user and password, however broken they are. */
function withoutUsers(text: string): string {
  return withoutPassword(text).replace(PRIVATE_KEY, HIDDEN).replace(ODD_PORT, "//***").replace(USER, "***@");
}

/** Goes from line to line: a secret may be longer than the one that it begins in. */
class Mask {
  /** Of the anchors that secrets are taken from. */
  readonly aliases = new Set<string>();
  /** Lines that are indented deeper, and whatever comes before the next key, belong to the secret; null: no secret goes on. */
  #indent: number | null = null;
  /** Whether it begins on a line below its key: what looks like a key there may be a part of it. */
  #isBelow = false;
  /** The quote that its text is still in. */
  #quote: string | null = null;

  apply(line: string): string {
    if (this.#quote !== null) return this.#inQuotes(line);
    const indent = line.search(/\S/);
    if (this.#indent !== null && (indent > this.#indent || !this.#isNextKey(line))) {
      return " ".repeat(Math.max(0, indent)) + HIDDEN;
    }
    this.#indent = null;
    if (BARE.test(line) && !KEY.test(line)) return `${" ".repeat(indent)}${HIDDEN}`;
    const key = ANCHORED.test(line) ? null : secretIn(line);
    return key === null ? line : this.#after(line, { ...key, indent });
  }

  #isNextKey(line: string): boolean {
    const [, key] = line.match(KEY) ?? [];
    return key !== undefined && (!this.#isBelow || openKeys.has(key) || SECRET.test(key));
  }

  #inQuotes(line: string): string {
    if (endOfQuoted(line, this.#quote!) >= 0) this.#quote = null;
    return HIDDEN;
  }

  #after(line: string, { start, end, indent }: { start: number; end: number; indent: number }): string {
    const [separator] = line.slice(end).match(/^["']?\s*[:=]?\s*/)!;
    const value = line.slice(end + separator.length);
    const isInFlow = /[{[]/.test(line.slice(0, start));
    this.#indent = isInFlow ? indent : start;
    this.#isBelow = /^(?:[|>]|$)/.test(value);
    if (value === "") return line;
    const quote = value.match(/^["']/)?.[0];
    if (quote !== undefined && endOfQuoted(value.slice(1), quote) < 0) this.#quote = quote;
    const alias = value.match(/^\*([^\s,\]}]+)/)?.[1];
    if (alias !== undefined) this.aliases.add(alias);
    return line.slice(0, end + separator.length) + HIDDEN;
  }
}

/** Where the first word is after which a secret may stand. */
function secretIn(line: string): { start: number; end: number } | null {
  const keyless = line.match(/^\s*[:?](?=\s)/)?.[0].length;
  if (keyless !== undefined) return { start: keyless - 1, end: keyless };
  for (const { 1: word = "", 2: colon, index } of line.matchAll(WORD)) {
    const length = lengthOfName(word, colon !== undefined);
    if (length !== null) return { start: index, end: index + length };
  }
  return null;
}

/** How much of the word may be the name of a secret; null: nothing. */
function lengthOfName(word: string, isKey: boolean): number | null {
  if (openKeys.has(word)) return null;
  if (isKey) return word.length;
  const named = word.match(SECRET);
  if (named !== null) return named.index! + named[0].length;
  return word.length > 3 && nearestName(word, MEANT) !== null ? word.length : null;
}

/** Every key of the configuration whose value may be seen. A `key` may be what is left of an `apikey`. */
const openKeys: ReadonlySet<string> = new Set(["<<", ...keysBelow([])].filter((key) => key !== "key"));

function keysBelow(path: readonly (string | number)[]): string[] {
  const entries = Object.entries(sectionAt(configSection, path) ?? {});
  return entries.flatMap(([key, entry]) => [
    ...(traitsOf(entry).isHidden ? [] : [key]),
    ...keysBelow([...path, key]),
    ...keysBelow([...path, key, 0]),
  ]);
}

function endOfQuoted(text: string, quote: string): number {
  return quote === "'" ? text.search(/(?<!')'(?!')/) : text.search(/(?<!\\)(?:\\\\)*"/);
}

function hideAnchored(line: string, aliases: ReadonlySet<string>): string {
  const anchor = [...line.matchAll(/&([^\s,\]}]+)/g)].find(([, name]) => aliases.has(name!));
  return anchor === undefined ? line : `${line.slice(0, anchor.index + anchor[0].length)} ${HIDDEN}`;
}
