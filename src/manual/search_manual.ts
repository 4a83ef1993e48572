/** Search in the manual: the sections that have all the words. */
import { topics } from "./manual.ts";

/** Characters of an excerpt at most. */
const WIDTH = 100;

/**
 * @param words each may be several, which then stand together
 * @returns those with the words in their titles first, then those that have them most often; `name` is one that
 *   `nodepool manual` takes, `excerpt` plain text around the first of the words
 */
export function searchManual(words: readonly string[]) {
  const wanted = words.map((word) => withSingleBlanks(word).toLowerCase()).filter((word) => word !== "");
  if (wanted.length === 0) return [];
  const count = (text: string) => occurrences(text.toLowerCase(), wanted);
  return pieces().map((piece) => ({ ...piece, inTitle: count(piece.title), inText: count(piece.text) }))
    .filter(({ inTitle, inText }) => inTitle + inText > 0)
    .sort((a, b) => b.inTitle - a.inTitle || b.inText - a.inText)
    .map(({ name, title, blocks }) => ({ name, title, excerpt: excerpt(blocks, wanted) }));
}

/** The manual cut at its headings. */
function pieces() {
  return topics.flatMap(({ name, title, text, sections }) => [
    piece(name, {
      title,
      text: sections.length === 0 ? text : text.slice(0, text.indexOf(sections[0]!.ownText)),
    }),
    ...sections.map(({ names, title, ownText }) => piece(names[0]!, { title, text: ownText })),
  ]);
}

function piece(name: string, { title, text }: { title: string; text: string }) {
  const blocks = plainBlocks(text);
  return { name, title: plain(title), blocks, text: `${name} ${title} ${blocks.join(" ")}` };
}

/** The text below a heading: each paragraph, item, row and line of code as a line of plain text. */
function plainBlocks(markdown: string): readonly string[] {
  return markdown.replace(/^#.*\n/, "").split(/\n\n|\n(?=[|`#-]|\d+\. )/).filter((block) =>
    !/^(\| ---|```$)/.test(block)
  )
    .map((block) => plain(block.replace(/^```.*\n/, ""))).filter((block) => block !== "");
}

function plain(markdown: string): string {
  return withSingleBlanks(markdown).replaceAll(/^(- |\| )| \|$/g, "").replaceAll(" | ", ": ")
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll(/`|\*\*/g, "");
}

function withSingleBlanks(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** 0 where one of the words is missing. */
function occurrences(text: string, words: readonly string[]): number {
  const counts = words.map((word) => text.split(word).length - 1);
  return counts.includes(0) ? 0 : counts.reduce((sum, count) => sum + count, 0);
}

function excerpt(blocks: readonly string[], words: readonly string[]): string {
  const places = blocks.map((block) => firstPlace(block.toLowerCase(), words));
  const found = places.findIndex((place) => place >= 0);
  const text = blocks[Math.max(0, found)] ?? "";
  const middle = Math.max(0, places[found] ?? 0);
  const start = middle < WIDTH / 2 || text.length <= WIDTH ? 0 : text.indexOf(" ", middle - WIDTH / 2) + 1;
  const rest = text.slice(start);
  const shown = rest.length <= WIDTH ? rest : `${rest.slice(0, WIDTH).replace(/ \S*$/, "")} …`;
  return start === 0 ? shown : `… ${shown}`;
}

function firstPlace(text: string, words: readonly string[]): number {
  const places = words.map((word) => text.indexOf(word)).filter((place) => place >= 0);
  return places.length === 0 ? -1 : Math.min(...places);
}
