/** The messages that "When something is wrong" quotes are those that the program prints. */
import { deepEqual } from "node:assert/strict";
import { topicTexts } from "../../src/manual/topics.ts";

const SOURCES = new URL("../../src/", import.meta.url);

function* sourcesBelow(folder: URL): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* sourcesBelow(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield Deno.readTextFileSync(new URL(name, folder));
  }
}

/** Without comments; string literals that are joined are one text. */
const sources = [...sourcesBelow(SOURCES)].join("\n").replace(/^\s*(\/\/|\/?\*).*$/gm, "")
  .replace(/["`] \+\s*["`]/g, "");

/** The fixed words of a quoted message: what is between values that differ (…), names, numbers and other messages. */
function fixedWords(quote: string): string[] {
  const parts = quote.split(/…|: |\d+/).map((part) => part.trim());
  return parts.filter((part) => /[a-z]{2,} [a-z]{2,}/.test(part));
}

Deno.test("each message that the manual says what to do about is in the program", () => {
  const tables = topicTexts["troubleshooting"]!.matchAll(/^\| it says .*\n\|.*\n((?:\|.*\n)+)/gm);
  const quotes = [...tables].flatMap(([, rows]) => [...rows!.matchAll(/^\| ([^|]+) \|/gm)])
    .flatMap(([, said]) => [...said!.matchAll(/`([^`]+)`/g)]);
  const words = quotes.flatMap(([, quote]) => fixedWords(quote!));
  deepEqual(words.filter((fixed) => !sources.includes(fixed)), []);
});
