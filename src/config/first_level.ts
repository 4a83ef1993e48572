/**
 * The lines of a configuration's first level, read without YAML: what a command needs of a file that is broken elsewhere. Where
 * the lines alone do not tell for certain what is a key there, nothing is taken from them.
 */

/** A line of a block mapping's first level that cannot mean anything but what it looks like. */
const PLAIN_LINE = /^(?:\s.*|#.*|-(?:\s.*)?|[A-Za-z][\w-]*:(?:\s.*)?|)$/;

/** The lines from the first that is one of the mapping's; null: they do not tell. */
export function firstLevel(yaml: string): { readonly lines: readonly string[]; readonly at: number } | null {
  const lines = yaml.split("\n");
  const at = lines.findIndex((line) => !/^(?:#.*|\s*|---\s*)$/.test(line));
  if (at < 0 || /^\s/.test(lines[at]!) || !lines.slice(at).every((line) => PLAIN_LINE.test(line))) {
    return null;
  }
  return { lines, at };
}

/** The same text with nothing but these keys in it, each on the lines where it was; null: the lines do not tell. */
export function keysAlone(yaml: string, keys: readonly string[]): string | null {
  const found = firstLevel(yaml);
  if (found === null) return null;
  let isWanted = false;
  return found.lines.map((line, index) => {
    const [, key] = line.match(/^([A-Za-z][\w-]*):/) ?? [];
    if (key !== undefined) isWanted = index >= found.at && keys.includes(key);
    return isWanted ? line : "";
  }).join("\n");
}
