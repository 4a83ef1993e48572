/** The manual: its topics, and how they and their sections are found by name. No two share one. */
import { nearestName } from "../lib/nearest_name.ts";
import { parseTopic, type Section, slug, type Topic } from "./parse_topic.ts";
import { topicTexts } from "./topics.ts";

export const topics: readonly Topic[] = Object.entries(topicTexts).map(([name, text]) =>
  parseTopic(name, text)
);

/** The part that a reader asked for: a topic, or a section of one. */
interface Found {
  readonly topic: Topic;
  /** null: all of the topic. */
  readonly section: Section | null;
}

/** @param words as typed: `quota`, or `troubleshooting quota`, or `state adopt`; null: the manual has nothing so named */
export function findInManual(words: readonly string[]): Found | null {
  const name = nameOf(words);
  const topic = topics.find((one) => one.name === name);
  if (topic !== undefined) return { topic, section: null };
  const inside = topics.find((one) => one.name === words[0]);
  return (inside && findSection([inside], nameOf(words.slice(1)))) ?? findSection(topics, name);
}

function findSection(among: readonly Topic[], name: string): Found | null {
  for (const topic of among) {
    const section = topic.sections.find(({ names }) => names.includes(name));
    if (section !== undefined) return { topic, section };
  }
  return null;
}

/** @returns the name that is spelt most nearly as these words */
export function nearestInManual(words: readonly string[]): string | null {
  const names = topics.flatMap(({ name, sections }) => [name, ...sections.flatMap(({ names }) => names)]);
  return nearestName(nameOf(words), names);
}

/** @returns why there is nothing under these words, and what they may be meant for */
export function notFoundMessage(words: readonly string[]): string {
  const nearest = nearestInManual(words);
  const hint = nearest === null ? "" : `; did you mean ${nearest}?`;
  return `the manual has no topic or section ${words.join(" ")}${hint}`;
}

function nameOf(words: readonly string[]): string {
  return slug(words.join(" "));
}

const topicOfFile: Readonly<Record<string, string>> = {
  "README.md": "start",
  "config.example.yaml": "settings",
};

/** Where a link of the manual leads within it; null: elsewhere. `from` is the topic that has the link. */
export function linkTarget(href: string, from: string): { topic: string; section: string | null } | null {
  const match = href.match(/^(?:(?:\.\.\/)*|src\/manual\/)([\w.-]*)(?:#(.+))?$/);
  if (match === null) return null;
  const [, path, fragment = null] = match;
  const topic = path === "" ? from : topicOfFile[path!] ?? path!.replace(/\.md$/, "");
  return !(topic in topicTexts) ? null : { topic, section: fragment };
}
