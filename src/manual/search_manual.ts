/** Search in the manual: the sections that have all the words. */
import { topics } from "./manual.ts";

interface Hit {
  /** What `nodepool manual` takes. */
  readonly name: string;
  readonly title: string;
  /** The first line that has one of the words, as Markdown. */
  readonly line: string;
}

/** @returns those with the words in their titles first, then those that have them most often */
export function searchManual(words: readonly string[]): readonly Hit[] {
  const wanted = words.map((word) => word.toLowerCase());
  const count = (text: string) => occurrences(text.toLowerCase(), wanted);
  return pieces().map((piece) => ({ ...piece, inTitle: count(piece.title), inText: count(piece.text) }))
    .filter(({ inText }) => inText > 0)
    .sort((a, b) => b.inTitle - a.inTitle || b.inText - a.inText)
    .map(({ name, title, text }) => ({ name, title, line: firstLine(text, wanted) }));
}

/** The manual cut at its headings. */
function pieces() {
  return topics.flatMap(({ name, title, text, sections }) => [
    { name, title, text: sections.length === 0 ? text : text.slice(0, text.indexOf(sections[0]!.ownText)) },
    ...sections.map(({ names, title, ownText }) => ({ name: names[0]!, title, text: ownText })),
  ]);
}

/** 0 where one of the words is missing. */
function occurrences(text: string, words: readonly string[]): number {
  const counts = words.map((word) => text.split(word).length - 1);
  return counts.includes(0) ? 0 : counts.reduce((sum, count) => sum + count, 0);
}

function firstLine(text: string, words: readonly string[]): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const body = lines.slice(1);
  const has = (line: string) => words.some((word) => line.toLowerCase().includes(word));
  return (body.find(has) ?? body[0] ?? lines[0]!).trim();
}
