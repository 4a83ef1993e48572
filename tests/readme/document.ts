/**
 * A Markdown document taken apart: sections, fenced blocks, inline code. The first word after a fence is its language, which
 * GitHub colours; the words after it are for the tests:
 *
 *     sh             pasted, in order, into one shell
 *     sh again       pasted until it prints the sample that follows it
 *     sh last        pasted at the very end
 *     sh elsewhere   not run here; readme_test.ts says why for each command
 *     sh machines    run by machines/manual_test.ts, with an etcd
 *     sh needs=P     run where the program P is installed
 */

export interface Block {
  readonly language: string;
  readonly words: readonly string[];
  readonly text: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
}

const FENCE = /^```(\S+)?(.*)\n([^]*?)^```$/gm;

/** The fenced blocks in their order. */
export function blocksOf(text: string): Block[] {
  return [...text.matchAll(FENCE)].map(({ 1: language = "", 2: words, 3: body, index }) => ({
    language,
    words: words!.split(" ").filter(Boolean),
    text: body!,
    line: text.slice(0, index).split("\n").length,
  }));
}

/** The text under a heading, up to the next one of its level or a higher one. */
export function sectionOf(text: string, heading: string): string {
  const level = heading.match(/^#+/)![0].length;
  const lines = text.split("\n");
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`there is no heading "${heading}"`);
  const isNext = (line: string) => (line.match(/^(#+) /)?.[1]?.length ?? Infinity) <= level;
  const length = lines.slice(start + 1).findIndex(isNext);
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join("\n");
}

/** What stands in backticks outside fenced blocks, each once. */
export function inlineCode(text: string): string[] {
  return [...new Set([...text.replace(FENCE, "").matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!))];
}

/** The cells of all table rows, heads and rules left out. */
export function tableRows(text: string): string[][] {
  const lines = text.replace(FENCE, "").split("\n");
  return lines.flatMap((line, index) => {
    const isRow = line.startsWith("|") && !line.startsWith("| ---") && !lines[index + 1]?.startsWith("| ---");
    return isRow ? [line.split("|").slice(1, -1).map((cell) => cell.trim())] : [];
  });
}

/** The names that GitHub gives to headings, and those of anchors. */
export function anchorsOf(text: string): Set<string> {
  const anchors = [...text.replace(FENCE, "").matchAll(/^<a id="(.*)"><\/a>$/gm)].flatMap(([, ids]) =>
    ids!.split('"></a><a id="')
  );
  const headings = [...text.replace(FENCE, "").matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  return new Set([
    ...anchors,
    ...headings.map((heading) =>
      heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-")
    ),
  ]);
}
