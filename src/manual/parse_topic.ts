/**
 * A topic's Markdown taken apart. It begins with its title and a summary of one line. A section's names are those of the
 * anchors above its heading, and its heading's own.
 */

export interface Section {
  /** The first is the one to tell readers. */
  readonly names: readonly string[];
  readonly title: string;
  /** Markdown, with the heading and the sections below it. */
  readonly text: string;
  /** Markdown between the heading and the next one, whatever its level. */
  readonly ownText: string;
  /** Of the topic that it is in. */
  readonly topic: string;
}

export interface Topic {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  /** Markdown, without anchors. */
  readonly text: string;
  readonly sections: readonly Section[];
}

const ANCHOR = /<a id="([^"]+)"><\/a>/g;
/** Pictures are no part of the program. */
const PICTURE_LINE = /^!\[[^\]]*\]\([^)]*\)$/;
const ANCHOR_LINE = /^(<a id="[^"]+"><\/a>)+$/;

/** Words after a fence's language are for the tests. */
const TEST_WORDS = /^(```\w+) .*$/;

interface Heading {
  readonly level: number;
  readonly title: string;
  readonly names: readonly string[];
  /** Of the line in the text without anchors. */
  readonly at: number;
}

export function parseTopic(name: string, source: string): Topic {
  const lines: string[] = [];
  const headings: Heading[] = [];
  let anchors: string[] = [];
  let isCode = false;
  for (const line of source.split("\n")) {
    if (line.startsWith("```")) isCode = !isCode;
    if (ANCHOR_LINE.test(line)) {
      anchors = [...line.matchAll(ANCHOR)].map(([, id]) => id!);
      continue;
    }
    if (!isCode && PICTURE_LINE.test(line)) continue;
    const [, marks, title] = isCode ? [] : line.match(/^(#+) (.*)$/) ?? [];
    if (title !== undefined) {
      headings.push({
        level: marks!.length,
        title,
        names: [...new Set([...anchors, slug(title)])],
        at: lines.length,
      });
    }
    anchors = [];
    lines.push(line.replace(TEST_WORDS, "$1"));
  }
  const sections = headings.slice(1).map((heading, index) => section(heading, headings.slice(index + 2)));
  return {
    name,
    title: headings[0]!.title,
    summary: lines.slice(1).find((line) => line !== "")!,
    text: lines.join("\n"),
    sections,
  };

  function section({ level, title, names, at }: Heading, later: readonly Heading[]): Section {
    const end = later.find((next) => next.level <= level)?.at;
    return {
      names,
      title,
      text: `${lines.slice(at, end).join("\n").trim()}\n`,
      ownText: lines.slice(at, later[0]?.at).join("\n"),
      topic: name,
    };
  }
}

/** As GitHub names headings. */
export function slug(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-");
}
