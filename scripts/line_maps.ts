/**
 * Reduces the source maps of a bundle to what a stack needs to name a source and its line: no columns, no names and no
 * copies of the sources. Deno reads the map of each file that a stack leads through, even one that nobody prints,
 * and keeps it: whole ones take some 30 MiB of a daemon. Run by scripts/compile.
 *
 *     deno run --allow-read --allow-write scripts/line_maps.ts FILE.js.map...
 */

interface SourceMap {
  readonly version: number;
  readonly sources: readonly string[];
  readonly mappings: string;
}

/** The map with those mappings alone at which, on a line of the bundle, another line of the sources begins. */
export function lineMap(
  { version, sources, mappings }: SourceMap,
): SourceMap & { readonly names: readonly string[] } {
  const lines: string[] = [];
  let at = { source: 0, line: 0, column: 0 };
  let kept = at;
  for (const text of mappings.split(";")) {
    const segments: string[] = [];
    let [place, keptPlace] = [0, 0];
    for (const segment of text.split(",")) {
      const [places = 0, source, line = 0, column = 0] = numbersOf(segment);
      place += places;
      if (source === undefined) continue;
      at = { source: at.source + source, line: at.line + line, column: at.column + column };
      if (segments.length > 0 && at.source === kept.source && at.line === kept.line) continue;
      const numbers = [
        place - keptPlace,
        at.source - kept.source,
        at.line - kept.line,
        at.column - kept.column,
      ];
      segments.push(numbers.map(textOf).join(""));
      [kept, keptPlace] = [at, place];
    }
    lines.push(segments.join(","));
  }
  return { version, sources, names: [], mappings: lines.join(";") };
}

/** Each digit has five bits and one that says whether another follows; the lowest bit of a number is its sign. */
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function numbersOf(segment: string): number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const letter of segment) {
    const digit = DIGITS.indexOf(letter);
    value += (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}

function textOf(number: number): string {
  let rest = number < 0 ? (-number << 1) | 1 : number << 1;
  let text = "";
  do {
    const digit = rest & 31;
    rest >>= 5;
    text += DIGITS[rest > 0 ? digit | 32 : digit];
  } while (rest > 0);
  return text;
}

if (import.meta.main) {
  for (const file of Deno.args) {
    await Deno.writeTextFile(file, JSON.stringify(lineMap(JSON.parse(await Deno.readTextFile(file)))));
  }
}
