/** Finds the line that a problem is about, and the part of it. Secrets are hidden in it: everybody may see it. */
import type { Excerpt } from "../domain/config_effects.ts";
import type { Problem } from "./config_error.ts";
import { maskedLines } from "./masked_lines.ts";

/** Adds the lines of that text to the problems of that file. */
export function withExcerpts(
  problems: readonly Problem[],
  { text, file }: { text: string; file: string },
): Problem[] {
  const isShown = (problem: Problem) => problem.file === file && problem.line !== null;
  if (!problems.some(isShown)) return [...problems];
  const lines = text.split(/\r?\n/);
  const masked = maskedLines(text);
  return problems.map((problem) => {
    const [line, shown] = [lines[problem.line! - 1], masked[problem.line! - 1]];
    if (!isShown(problem) || line === undefined || shown === undefined || line.trim() === "") return problem;
    return { ...problem, excerpt: excerptOf(problem, { line, shown }) };
  });
}

function excerptOf(
  { column, marks }: Problem,
  { line, shown }: { line: string; shown: string },
): Excerpt {
  const start = Math.min((column ?? 1) - 1, line.length);
  const rest = line.slice(start, start + LONGEST);
  const [key = "", name = ""] = rest.match(KEY) ?? [];
  const value = rest.slice(key.length).match(VALUE)?.[0] ?? "";
  const place = marks === "value" && value !== ""
    ? { from: start + key.length, length: value.length }
    : { from: start, length: (name || value).length };
  const excerpt = withinMask(place, { line, shown });
  if (marks !== "key" || value === "" || excerpt.from !== start) return excerpt;
  // Of a key that nobody knows, nobody knows whether a secret follows on it.
  return { ...excerpt, text: `${shown.slice(0, start + key.length)}…` };
}

/** Characters that are looked at: more than any terminal shows. */
const LONGEST = 1_000;

/** A key and the blanks to a value of its line. */
const KEY = /^("[^"]*"|'[^']*'|[^\s"'#{}[\],:]+(?: [^\s"'#{}[\],:]+)*)\s*:(?:\s+|$)/;
const VALUE =
  /^(?:[{[].*?(?=\s*(?:\s#.*)?$)|"(?:\\.|[^"\\])*"|'(?:''|[^'])*'|[^\s#](?:[^#]|(?<=\S)#)*?(?=\s*(?:\s#.*)?$|\s*[,}\]]))/;

/** Where the marked place is hidden, what hides it is marked. */
function withinMask(
  { from, length }: { from: number; length: number },
  { line, shown }: { line: string; shown: string },
): Excerpt {
  const same = commonLength(line, shown);
  if (same === line.length && same === shown.length) {
    return { text: shown, from, length: Math.max(1, length) };
  }
  const at = Math.min(from, same);
  return {
    text: shown,
    from: at,
    length: Math.max(1, from >= same ? shown.length - at : Math.min(length, shown.length - at)),
  };
}

function commonLength(a: string, b: string): number {
  let same = 0;
  while (same < a.length && a[same] === b[same]) same++;
  return same;
}
